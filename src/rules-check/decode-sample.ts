/**
 * Values of Avro and Protobuf as objects, for a proposal and for hints: by avsc and protobufjs, with the schema that each value names. Only to find
 * names and shapes; what a record becomes is decided by the readers of the fold.
 */
import avsc from 'avsc';
import protobuf from 'protobufjs';
import type { SchemaSource } from '../payments/event/schema/event-schema.ts';
import { jsonOf, type SampleRecord } from './sample.ts';

export interface DecodedSample {
  readonly format: 'json' | 'json-schema' | 'avro' | 'protobuf';
  /** One for each record; undefined where it cannot be read. */
  readonly values: readonly unknown[];
}

const HEAD_BYTES = 5;

/** The id of the schema in front of a value in the wire format of a registry. */
export function schemaIdIn({ record }: SampleRecord): number | undefined {
  const { value } = record;
  return value === null || value.length <= HEAD_BYTES || value[0] !== 0 ? undefined : value.readUInt32BE(1);
}

/** `schemas`: those of the ids that the registry knows and that are Avro or Protobuf. Without any, values are JSON. */
export function decodeSample(
  sample: readonly SampleRecord[],
  schemas: ReadonlyMap<number, SchemaSource>,
): DecodedSample {
  const kinds = [...schemas.values()].map(({ kind }) => kind);
  const format = kinds[0];
  if (format === undefined) {
    const wire = sample.filter((one) => schemaIdIn(one) !== undefined).length;
    return { format: wire * 2 > sample.length ? 'json-schema' : 'json', values: sample.map(jsonOf) };
  }
  const readers = new Map([...schemas].map(([id, source]) => [id, readerOrNone(source)]));
  const values = sample.map((one) => {
    const reader = readers.get(schemaIdIn(one) ?? -1);
    try {
      return reader === undefined ? undefined : plain(reader(one.record.value!.subarray(HEAD_BYTES)));
    } catch {
      // It is cut off, or no value of its schema: `rules check` says so.
      return undefined;
    }
  });
  return { format, values };
}

type Reader = (bytes: Buffer) => unknown;

/** Undefined: these libraries take less than the readers of the fold. */
function readerOrNone(source: SchemaSource): Reader | undefined {
  try {
    return readerOf(source);
  } catch {
    return undefined;
  }
}

function readerOf(source: SchemaSource): Reader {
  return source.kind === 'avro' ? avroReader(source) : protobufReader(source);
}

function avroReader({ text, references }: SchemaSource): Reader {
  const options = { registry: {}, wrapUnions: 'never' as const };
  for (const reference of references) avsc.Type.forSchema(JSON.parse(reference.text), options);
  const type = avsc.Type.forSchema(JSON.parse(text), options);
  return (bytes) => type.fromBuffer(bytes);
}

/** The first message of the file, which is what producers name unless a file has several for topics. */
function protobufReader({ text, references }: SchemaSource): Reader {
  const root = new protobuf.Root();
  for (const reference of references) protobuf.parse(reference.text, root, { keepCase: true });
  const parsed = protobuf.parse(text, root, { keepCase: true });
  const scope = parsed.package === undefined ? root : root.lookup(parsed.package);
  const type = (scope as protobuf.Namespace).nestedArray.filter((one) => one instanceof protobuf.Type).at(-1);
  if (type === undefined) throw new RangeError('the schema has no message');
  return (bytes) => type.toObject(type.decode(bytes.subarray(1)), { longs: String, enums: String });
}

/** Bytes as base64, as JSON has them; numbers of protobufjs that are texts stay texts. */
function plain(value: unknown): unknown {
  if (Buffer.isBuffer(value) || value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, below]) => [name, plain(below)]));
}
