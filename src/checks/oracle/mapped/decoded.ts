/** A record's value by its format: decoded so far that paths can be asked for, or why it cannot be. */
import type { StoredSchemas, TopicRecord } from '../../inputs/verify-inputs.ts';
import { foreignForm } from '../foreign-forms.ts';
import { decodeBySchema } from '../schemas/decode-by-schema.ts';
import { JsonPlaces } from './json-places.ts';
import { type Decoded, type MappedValue, MISSING, UNUSABLE } from './mapped-value.ts';
import { type OracleRules, type SourcePath, stepsOf } from './oracle-rules.ts';
import { utf8 } from './text-forms.ts';

/** The magic byte and the schema id. */
const WIRE_HEAD_BYTES = 5;
/** A longer key belongs to nothing: of one in a large record only the beginning may be known. */
export const KEY_BYTES_MAX = 4_095;

/** In the wire format of a schema registry. */
function isWireFormat(value: Uint8Array): boolean {
  return value.length >= WIRE_HEAD_BYTES && value[0] === 0;
}

/** The reason as documented, where it cannot be decoded. */
export function decode(value: Uint8Array, rules: OracleRules, schemas: StoredSchemas): Decoded | string {
  const { event } = rules;
  if (event.format === 'json') return decodeJson(value, foreignForm(value));
  if (!isWireFormat(value)) return 'not_wire_format';
  const schemaId = Buffer.from(value).readUInt32BE(1);
  if (event.rejectSchemaIds.includes(schemaId)) return `schema_rejected: schema ${schemaId}`;
  if (event.format !== 'json-schema') return decodeBySchema(value.subarray(WIRE_HEAD_BYTES), schemaId, rules, schemas);
  const json = value.subarray(WIRE_HEAD_BYTES);
  const foreign = foreignForm(json);
  return decodeJson(json, foreign?.startsWith('schema_registry_format') ? null : foreign);
}

function decodeJson(bytes: Uint8Array, foreign: string | null): Decoded | string {
  if (foreign !== null) return foreign;
  const text = utf8(bytes);
  return text === null ? 'not_utf8' : JsonPlaces.of(text);
}

/** What stands at a path of any kind. */
export function valueAt(path: SourcePath, record: TopicRecord, decoded: Decoded): MappedValue {
  if (path === 'key') return (record.key?.length ?? 0) > KEY_BYTES_MAX ? UNUSABLE : textOf(record.key);
  if (path === 'record.timestamp') return { is: 'record time', ms: record.timestampMs };
  if (path.startsWith('header:')) {
    const name = path.slice('header:'.length);
    const last = record.headers?.findLast((header) => header.name === name);
    return textOf(last?.value ?? null);
  }
  return decoded.at(stepsOf(path));
}

function textOf(bytes: Uint8Array | null): MappedValue {
  if (bytes === null) return MISSING;
  const text = utf8(bytes);
  return text === null ? UNUSABLE : { is: 'text', text };
}
