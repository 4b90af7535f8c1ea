/** The reader of values for a mapping's format. */
import type { SchemaBook } from '../schema/event-schema.ts';
import { SchemaReader } from '../schema/schema-reader.ts';
import type { CompiledMapping } from './compiled-mapping.ts';
import { JsonReader, JsonSchemaReader } from './json/read-json.ts';
import type { ValueReader } from './value-reader.ts';

/** `schemas`: for Avro and Protobuf. The step before a fold ensures all that its records name. */
export function valueReaderOf(mapping: CompiledMapping, schemas: SchemaBook = NO_SCHEMAS): ValueReader {
  if (mapping.format === 'json') return new JsonReader(mapping);
  if (mapping.format === 'json-schema') return new JsonSchemaReader(mapping);
  return new SchemaReader(mapping, schemas);
}

const NO_SCHEMAS: SchemaBook = { schemaOf: () => undefined };
