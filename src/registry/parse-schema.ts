/** The parser of schemas: Avro by our own reading of its JSON, Protobuf by protobufjs. What it returns depends on the text alone. */
import { parseAvro } from '../payments/event/avro/parse-avro.ts';
import type { EventSchema, SchemaSource } from '../payments/event/schema/event-schema.ts';
import { parseProtobuf } from './parse-protobuf.ts';

/** Throws SchemaProblem for a schema that cannot be read. */
export function parseSchema({ kind, text, references }: SchemaSource): EventSchema {
  return kind === 'avro'
    ? { kind, root: parseAvro(text, references) }
    : { kind, file: parseProtobuf(text, references) };
}
