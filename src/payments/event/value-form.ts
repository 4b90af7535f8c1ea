/**
 * Recognizes forms of a value that are not UTF-8 JSON by their first bytes. No JSON text begins with any of these
 * signatures. So naming the form never changes whether a record is accepted, only the reason that tells its producer
 * what to change.
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

/** A signature that begins with a shorter one stands before it. */
const SIGNATURES: readonly Signature[] = [
  signature('efbbbf', 'byte_order_mark', null),
  // UTF-16 and UTF-32 with a byte order mark, and without one if the text begins with a brace.
  signature('fffe0000', 'not_utf8', 'UTF-32LE'),
  signature('0000feff', 'not_utf8', 'UTF-32BE'),
  signature('7b000000', 'not_utf8', 'UTF-32LE'),
  signature('0000007b000000', 'not_utf8', 'UTF-32BE'),
  signature('fffe', 'not_utf8', 'UTF-16LE'),
  signature('feff', 'not_utf8', 'UTF-16BE'),
  signature('7b00', 'not_utf8', 'UTF-16LE'),
  signature('007b00', 'not_utf8', 'UTF-16BE'),
  // Sources: RFC 1952, RFC 8878, the frame formats of LZ4 and snappy, the snappy blocks of xerial's library, RFC 1950,
  // bzip2, xz.
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
/** Head of the Confluent wire format: a zero byte and four bytes of schema id. */
const SCHEMA_HEAD_BYTES = 5;

/** The form that the first bytes show, or undefined if they match none. */
export function foreignForm(value: Buffer): ForeignForm | undefined {
  if (value[0] === OPEN_OBJECT && value[1] !== 0) return undefined; // the usual case
  const found = SIGNATURES.find(({ bytes }) => value.subarray(0, bytes.length).equals(bytes));
  if (found !== undefined) return found;
  if (value.length < SCHEMA_HEAD_BYTES || value[0] !== 0) return undefined;
  return { code: 'schema_registry_format', detail: `schema ${value.readUInt32BE(1)}` };
}
