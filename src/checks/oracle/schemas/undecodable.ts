/** Bytes that are no value of their schema, and the bounds that hold for any value. */

/** Records, messages, lists and maps inside each other, the outermost included. */
export const LEVELS_MAX = 64;
/** Records, lists, maps, and the elements of lists and maps of one Avro value. */
export const ELEMENTS_MAX = 100_000;

export class UndecodableError extends Error {
  constructor(what: string) {
    super(what);
    this.name = 'UndecodableError';
  }
}

/** A schema that records name and that cannot be read: they cannot be judged. */
export class UnreadableSchemaError extends Error {
  constructor(what: string) {
    super(what);
    this.name = 'UnreadableSchemaError';
  }
}

/** Bytes from an offset on, read one thing after the other. */
export class Bytes {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  take(count: number): Uint8Array {
    if (count > this.left) throw new UndecodableError('cut off');
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }

  byte(): number {
    return this.take(1)[0]!;
  }

  /** Base 128, least significant group first, in at most ten bytes; may have more than 64 bits. */
  #groups(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new UndecodableError('a number of too many bits');
  }

  /** Five bytes at most, and 32 bits. */
  tag(): bigint {
    const from = this.#at;
    const tag = this.#groups();
    if (this.#at - from > 5 || tag >= 2n ** 32n) throw new UndecodableError('a field number that does not exist');
    return tag;
  }

  /** As Protobuf has it: what is over 64 bits is left out. */
  varint(): bigint {
    return BigInt.asUintN(64, this.#groups());
  }

  /** As Avro has it: the lowest bit is the sign, and there are 64 at most. */
  zigzag(): bigint {
    const value = this.#groups();
    if (value >= 2n ** 64n) throw new UndecodableError('a number of too many bits');
    return value % 2n === 0n ? value / 2n : -(value + 1n) / 2n;
  }
}
