/**
 * Forms of a value that are not UTF-8 JSON and can be told by their first bytes. No JSON text begins with any of them, so that
 * naming the form never changes whether a record is accepted: only what its producer is told to change.
 */

export interface ForeignForm {
  readonly code: 'byte_order_mark' | 'not_utf8' | 'schema_registry_format' | 'compressed_value' | 'binary_format';
  readonly detail: string | null;
}

interface Signature extends ForeignForm {
  readonly bytes: Buffer;
}

function signature(hex: string, code: ForeignForm['code'], detail: string | null): Signature {
  return { bytes: Buffer.from(hex, 'hex'), code, detail };
}

/** Longer ones before those that they begin with. */
const SIGNATURES: readonly Signature[] = [
  signature('efbbbf', 'byte_order_mark', null),
  // With a byte order mark, and without one where the text begins with a brace.
  signature('fffe0000', 'not_utf8', 'UTF-32LE'),
  signature('0000feff', 'not_utf8', 'UTF-32BE'),
  signature('7b000000', 'not_utf8', 'UTF-32LE'),
  signature('0000007b000000', 'not_utf8', 'UTF-32BE'),
  signature('fffe', 'not_utf8', 'UTF-16LE'),
  signature('feff', 'not_utf8', 'UTF-16BE'),
  signature('7b00', 'not_utf8', 'UTF-16LE'),
  signature('007b00', 'not_utf8', 'UTF-16BE'),
  // RFC 1952, RFC 8878, the LZ4 and the snappy frame format, the snappy blocks of xerial's library, RFC 1950, bzip2, xz.
  signature('1f8b', 'compressed_value', 'gzip'),
  signature('28b52ffd', 'compressed_value', 'zstd'),
  signature('04224d18', 'compressed_value', 'lz4'),
  signature('ff060000734e61507059', 'compressed_value', 'snappy'),
  signature('82534e4150505900', 'compressed_value', 'snappy'),
  signature('7801', 'compressed_value', 'zlib'),
  signature('785e', 'compressed_value', 'zlib'),
  signature('789c', 'compressed_value', 'zlib'),
  signature('78da', 'compressed_value', 'zlib'),
  signature('425a68', 'compressed_value', 'bzip2'),
  signature('fd377a585a00', 'compressed_value', 'xz'),
  signature('4f626a01', 'binary_format', 'Avro container'),
  signature('c301', 'binary_format', 'Avro single object'),
  signature('aced0005', 'binary_format', 'Java serialization'),
];

const OPEN_OBJECT = 0x7b;
/** Of the Confluent wire format: a zero byte and the schema's id in four. */
const SCHEMA_HEAD_BYTES = 5;

/** Undefined where the bytes begin with none of them. */
export function foreignForm(value: Buffer): ForeignForm | undefined {
  if (value[0] === OPEN_OBJECT && value[1] !== 0) return undefined; // the usual case
  const found = SIGNATURES.find(({ bytes }) => value.subarray(0, bytes.length).equals(bytes));
  if (found !== undefined) return found;
  if (value.length < SCHEMA_HEAD_BYTES || value[0] !== 0) return undefined;
  return { code: 'schema_registry_format', detail: `schema ${value.readUInt32BE(1)}` };
}
