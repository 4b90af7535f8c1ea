/** What a value is by its first bytes where it is not UTF-8 JSON: the reason as documented, or null. */

/** The longest that begins a value is the one. */
const BEGINNINGS: Readonly<Record<string, string>> = {
  'ef bb bf': 'byte_order_mark',
  'ff fe': 'not_utf8: UTF-16LE',
  'fe ff': 'not_utf8: UTF-16BE',
  'ff fe 00 00': 'not_utf8: UTF-32LE',
  '00 00 fe ff': 'not_utf8: UTF-32BE',
  '7b 00': 'not_utf8: UTF-16LE',
  '00 7b 00': 'not_utf8: UTF-16BE',
  '7b 00 00 00': 'not_utf8: UTF-32LE',
  '00 00 00 7b 00 00 00': 'not_utf8: UTF-32BE',
  '1f 8b': 'compressed_value: gzip',
  '28 b5 2f fd': 'compressed_value: zstd',
  '04 22 4d 18': 'compressed_value: lz4',
  'ff 06 00 00 73 4e 61 50 70 59': 'compressed_value: snappy',
  '82 53 4e 41 50 50 59 00': 'compressed_value: snappy',
  '78 01': 'compressed_value: zlib',
  '78 5e': 'compressed_value: zlib',
  '78 9c': 'compressed_value: zlib',
  '78 da': 'compressed_value: zlib',
  '42 5a 68': 'compressed_value: bzip2',
  'fd 37 7a 58 5a 00': 'compressed_value: xz',
  '4f 62 6a 01': 'binary_format: Avro container',
  'c3 01': 'binary_format: Avro single object',
  'ac ed 00 05': 'binary_format: Java serialization',
};
const LONGEST_BYTES = 10;

export function foreignForm(value: Uint8Array): string | null {
  // The usual case.
  if (value[0] === 0x7b && value[1] !== 0) return null;
  const head = [...value.subarray(0, LONGEST_BYTES)].map((byte) => byte.toString(16).padStart(2, '0'));
  for (let length = head.length; length > 0; length--) {
    const reason = BEGINNINGS[head.slice(0, length).join(' ')];
    if (reason !== undefined) return reason;
  }
  if (value.length < 5 || value[0] !== 0) return null;
  return `schema_registry_format: schema ${Number.parseInt(head.slice(1, 5).join(''), 16)}`;
}
