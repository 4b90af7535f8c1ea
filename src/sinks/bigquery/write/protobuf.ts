/**
 * Protocol buffers by hand, as far as AppendRows needs them: fields of varints and of bytes. The generated classes copy an
 * append's bytes, and take a tenth of a second to load.
 */
const VARINT = 0;
const FIXED_64 = 1;
const BYTES = 2;
const FIXED_32 = 5;
const TWO_64 = 2n ** 64n;

/** Bytes that a varint takes. `value`: a safe integer, not negative. */
export function varintLength(value: number): number {
  let length = 1;
  for (let left = value; left >= 128; left = Math.floor(left / 128)) length += 1;
  return length;
}

/** Writes fields one after another into bytes that the caller has measured. */
export class FieldWriter {
  at = 0;
  readonly #into: Buffer;

  constructor(into: Buffer) {
    this.#into = into;
  }

  varintField(field: number, value: number): void {
    this.#varint(field * 8 + VARINT);
    this.#varint(value);
  }

  /** The head of a field whose bytes the caller writes next, itself or through this. */
  bytesHead(field: number, byteLength: number): void {
    this.#varint(field * 8 + BYTES);
    this.#varint(byteLength);
  }

  bytesField(field: number, bytes: Uint8Array): void {
    this.bytesHead(field, bytes.length);
    this.#into.set(bytes, this.at);
    this.at += bytes.length;
  }

  #varint(value: number): void {
    let left = value;
    for (; left >= 128; left = Math.floor(left / 128)) this.#into[this.at++] = (left % 128) + 128;
    this.#into[this.at++] = left;
  }
}

/** Bytes that bytesField takes. */
export function bytesFieldLength(field: number, byteLength: number): number {
  return varintLength(field * 8) + varintLength(byteLength) + byteLength;
}

export function varintFieldLength(field: number, value: number): number {
  return varintLength(field * 8) + varintLength(value);
}

/** A field's value: a varint as a signed number of 64 bits, or its bytes, a view. */
export interface Field {
  readonly number: number;
  readonly value: bigint | Buffer;
}

/** The fields of a message in their order; those of fixed width are left out. Throws RangeError where it is cut short. */
export function* fieldsOf(message: Buffer): Generator<Field> {
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = message[at];
      if (byte === undefined || shift > 63n) throw new RangeError('a protobuf message is cut short');
      at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 128) return BigInt.asIntN(64, value % TWO_64);
    }
  };
  const skip = (length: number): Buffer => {
    if (at + length > message.length) throw new RangeError('a protobuf message is cut short');
    at += length;
    return message.subarray(at - length, at);
  };
  while (at < message.length) {
    const key = Number(varint());
    const number = Math.floor(key / 8);
    switch (key % 8) {
      case VARINT:
        yield { number, value: varint() };
        break;
      case BYTES:
        yield { number, value: skip(Number(varint())) };
        break;
      case FIXED_64:
        skip(8);
        break;
      case FIXED_32:
        skip(4);
        break;
      default:
        throw new RangeError(`a protobuf message has a field of kind ${key % 8}`);
    }
  }
}
