/** The reader of values for a mapping's format. */
import type { CompiledMapping } from './compiled-mapping.ts';
import { JsonReader, JsonSchemaReader } from './json/read-json.ts';
import type { ValueReader } from './value-reader.ts';

export function valueReaderOf(mapping: CompiledMapping): ValueReader {
  if (mapping.format === 'json') return new JsonReader(mapping);
  if (mapping.format === 'json-schema') return new JsonSchemaReader(mapping);
  throw new RangeError(`event.format: ${mapping.format} cannot be read`);
}
