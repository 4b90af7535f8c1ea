/** Small conversions of texts and bytes, spelled out. */
const BLANKS = ' \t\n\r';
const DECIMAL_BYTES_MAX = 32;
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Without blanks at both ends: space, tab, line feed, carriage return, and nothing else. */
export function trimmed(text: string): string {
  let [from, to] = [0, text.length];
  while (from < to && BLANKS.includes(text[from]!)) from++;
  while (to > from && BLANKS.includes(text[to - 1]!)) to--;
  return text.slice(from, to);
}

/** a to z alone: no other letter has another form. */
export function uppercased(text: string): string {
  return text.replace(/[a-z]+/g, (letters) => letters.toUpperCase());
}

/** Base64 of RFC 4648, section 4, padded; null for a text that encoding its bytes does not give. */
export function unbased64(text: string): Uint8Array | null {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : null;
}

/** Big-endian two's complement of 1 to 32 bytes. */
export function twosComplement(bytes: Uint8Array): bigint | null {
  if (bytes.length === 0 || bytes.length > DECIMAL_BYTES_MAX) return null;
  let value = 0n;
  for (const byte of bytes) value = value * 256n + BigInt(byte);
  return BigInt.asIntN(bytes.length * 8, value);
}

/** Null where the bytes are not UTF-8. */
export function utf8(bytes: Uint8Array): string | null {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return null;
  }
}
