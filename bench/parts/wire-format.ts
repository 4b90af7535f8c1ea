/** Values in the wire format of a schema registry, for benchmarks of formats. */

const SCHEMA_ID = 7;

/** `value` behind the zero byte and the id of the only schema. */
export function inWireFormat(value: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(SCHEMA_ID, 1);
  return Buffer.concat([head, value]);
}

/** A decimal without an exponent, as unscaled big-endian two's complement. */
export function decimalBytes(decimal: string, scale: number): Buffer {
  const [whole, fraction = ''] = decimal.split('.');
  const unscaled = BigInt(whole! + fraction.padEnd(scale, '0'));
  const hex = unscaled.toString(16);
  const even = hex.length % 2 === 0 ? hex : `0${hex}`;
  return Buffer.from(/^[89a-f]/.test(even) ? `00${even}` : even, 'hex');
}
