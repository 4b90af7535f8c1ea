/** The records of the examples in Avro and Protobuf, as a producer with a schema registry sends them: encoded by avsc and protobufjs. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import avsc from 'avsc';
import protobuf from 'protobufjs';
import type { SchemaSource } from '../../payments/event/schema/event-schema.ts';
import { EXAMPLES } from './examples.ts';

/** One line of events.jsonl. */
export interface ExampleRecord {
  readonly key: string;
  /** Of the value. */
  readonly schema?: number;
  readonly value?: Readonly<Record<string, unknown>>;
  /** Bytes that are cut off at the end of the value. */
  readonly cut?: number;
  /** In place of a value with a schema. */
  readonly text?: string;
}

export interface EncodedRecord {
  readonly key: string;
  readonly value: Buffer;
}

/** The ids of the examples' schemas, as their records name them. */
export const AVRO_SCHEMA_ID = 1;
export const PROTOBUF_SCHEMA_ID = 2;

const textOf = (name: string, file: string): string => readFileSync(path.join(EXAMPLES, name, file), 'utf8');

export function recordsOf(name: 'avro' | 'protobuf'): ExampleRecord[] {
  return textOf(name, 'events.jsonl')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as ExampleRecord);
}

/** The schema of an example, with the one that it refers to. */
export function schemaOf(name: 'avro' | 'protobuf'): SchemaSource {
  const isAvro = name === 'avro';
  const [text, reference] = isAvro ? ['payment.avsc', 'money.avsc'] : ['payment.proto', 'money.proto'];
  const referred = { name: isAvro ? 'com.example.payments.Money' : 'money.proto', text: textOf(name, reference!) };
  return { kind: name, text: textOf(name, text!), references: [referred] };
}

/** `schemaId`: what the registry calls the schema; ids of the records that name another one stay. */
export function encoded(name: 'avro' | 'protobuf', schemaId: number): EncodedRecord[] {
  const encode = name === 'avro' ? avroEncoder() : protobufEncoder();
  const own = name === 'avro' ? AVRO_SCHEMA_ID : PROTOBUF_SCHEMA_ID;
  return recordsOf(name).map(({ key, schema, value, cut = 0, text }) => {
    if (text !== undefined) return { key, value: Buffer.from(text) };
    const head = Buffer.alloc(5);
    head.writeUInt32BE(schema === own ? schemaId : schema!, 1);
    // Protobuf: the first message of the file, in the short form.
    const message = name === 'avro' ? Buffer.alloc(0) : Buffer.from([0]);
    const whole = Buffer.concat([head, message, encode(value!)]);
    return { key, value: whole.subarray(0, whole.length - cut) };
  });
}

function avroEncoder(): (value: object) => Buffer {
  const options = { registry: {}, logicalTypes: { decimal: DecimalText } };
  avsc.Type.forSchema(JSON.parse(textOf('avro', 'money.avsc')), options);
  const type = avsc.Type.forSchema(JSON.parse(textOf('avro', 'payment.avsc')), options);
  return (value) => type.toBuffer(value);
}

/** A decimal with four digits after the point, as text: big-endian two's complement of its digits. */
class DecimalText extends avsc.types.LogicalType {
  override _fromValue(bytes: Buffer): string {
    return bytes.toString('hex');
  }

  override _toValue(text: string): Buffer {
    const unscaled = BigInt(text.replace('.', ''));
    const byteLength = unscaled.toString(16).length / 2 + 1;
    const hex = BigInt.asUintN(8 * Math.ceil(byteLength), unscaled).toString(16);
    return Buffer.from(hex.padStart(2 * Math.ceil(byteLength), '0'), 'hex');
  }
}

function protobufEncoder(): (value: Record<string, unknown>) => Buffer {
  const root = new protobuf.Root();
  protobuf.parse(textOf('protobuf', 'money.proto'), root);
  protobuf.parse(textOf('protobuf', 'payment.proto'), root);
  const type = root.lookupType('example.payments.Payment');
  return (value) => Buffer.from(type.encode(type.fromObject(value)).finish());
}
