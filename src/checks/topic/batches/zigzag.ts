/** Kafka's numbers of variable length that do not fit into the 53 bits of a number. */

/** As Java wraps it: 64 bits. */
export function zigzag64(bytes: Buffer, start: number, end: number): bigint {
  let value = 0n;
  for (let at = end - 1; at >= start; at--) value = (value << 7n) | BigInt(bytes[at]! & 0x7f);
  value = BigInt.asUintN(64, value);
  return BigInt.asIntN(64, (value >> 1n) ^ -(value & 1n));
}
