/** A value of Avro or Protobuf, by the schema that the dataset holds under its id. */
import type { StoredSchema, StoredSchemas } from '../../inputs/verify-inputs.ts';
import type { Decoded } from '../mapped/mapped-value.ts';
import { type OracleRules, pointersOf, stepsOf } from '../mapped/oracle-rules.ts';
import { type AvroType, avroSchema } from './avro-schema.ts';
import { avroValue } from './avro-value.ts';
import { type ProtobufFile, protobufSchema } from './protobuf-schema.ts';
import { protobufValue, type Wanted, wantedOf } from './protobuf-value.ts';
import { UndecodableError, UnreadableSchemaError } from './undecodable.ts';

/** Read once: a schema under an id never changes. */
const AVRO = new WeakMap<StoredSchema, AvroType>();
const PROTOBUF = new WeakMap<StoredSchema, ProtobufFile>();
const WANTED = new WeakMap<OracleRules, Wanted>();

/**
 * `value_undecodable` where it is none of the schema: every place that a path leads to was looked at before this returns. Throws
 * UnreadableSchemaError where the table has no such schema, or none that can be read.
 */
export function decodeBySchema(
  bytes: Uint8Array,
  schemaId: number,
  rules: OracleRules,
  schemas: StoredSchemas,
): Decoded | 'value_undecodable' {
  const schema = schemas.get(schemaId);
  if (schema === undefined) throw new UnreadableSchemaError(`schema ${schemaId} is not in the table event_schemas`);
  if (schema.kind !== rules.event.format)
    throw new UnreadableSchemaError(`schema ${schemaId} is of ${schema.kind}, and the rules say ${rules.event.format}`);
  try {
    const decoded = decodeAs(schema, bytes, rules);
    for (const pointer of pointersOf(rules)) decoded.at(stepsOf(pointer));
    return decoded;
  } catch (error) {
    if (error instanceof UndecodableError) return 'value_undecodable';
    throw error;
  }
}

function decodeAs(schema: StoredSchema, bytes: Uint8Array, rules: OracleRules): Decoded {
  const { text, references } = schema;
  if (schema.kind === 'avro')
    return avroValue(
      readOnce(AVRO, schema, () => avroSchema(text, references)),
      bytes,
    );
  const file = readOnce(PROTOBUF, schema, () => protobufSchema(text, references));
  return protobufValue(
    file,
    bytes,
    readOnce(WANTED, rules, () => wantedOf(pointersOf(rules).map(stepsOf))),
  );
}

function readOnce<K extends object, T>(held: WeakMap<K, T>, key: K, read: () => T): T {
  const before = held.get(key);
  if (before !== undefined) return before;
  const made = read();
  held.set(key, made);
  return made;
}
