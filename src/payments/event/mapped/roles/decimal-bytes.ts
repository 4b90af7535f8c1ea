/**
 * Decimals as bytes: the unscaled value, big-endian two's complement, as Avro, Kafka Connect and Debezium write them. In JSON they are
 * base64 in its one canonical form.
 */
import type { Amount } from '../../payment-bytes.ts';
import { type PathValues, VALUE_KIND } from '../path-values.ts';

export const UNREADABLE = 'unreadable';
/** Decimals of an unscaled value. */
export const MAX_SCALE = 38;
const MAX_BYTES = 32;
const MAX_BASE64_LENGTH = 44;
/** An unscaled value of this many bytes is a safe integer. */
const SAFE_BYTES = 6;

/** The unscaled value at a path: bytes, or a text in base64. */
export function readUnscaled(values: PathValues, path: number): Amount | typeof UNREADABLE {
  const start = values.starts[path] as number;
  const end = values.ends[path] as number;
  const { bytes } = values.scratch;
  if (values.kinds[path] === VALUE_KIND.bytes) return unscaledOf(bytes, start, end);
  if (values.kinds[path] !== VALUE_KIND.text || end - start > MAX_BASE64_LENGTH) return UNREADABLE;
  const text = bytes.toString('utf8', start, end);
  const decoded = Buffer.from(text, 'base64');
  return decoded.toString('base64') === text ? unscaledOf(decoded, 0, decoded.length) : UNREADABLE;
}

function unscaledOf(bytes: Buffer, start: number, end: number): Amount | typeof UNREADABLE {
  const byteLength = end - start;
  if (byteLength === 0 || byteLength > MAX_BYTES) return UNREADABLE;
  if (byteLength <= SAFE_BYTES) return bytes.readIntBE(start, byteLength);
  const unsigned = BigInt(`0x${bytes.toString('hex', start, end)}`);
  return BigInt.asIntN(8 * byteLength, unsigned);
}
