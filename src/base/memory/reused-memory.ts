/**
 * Memory of what is large and short-lived, used again: answers of brokers live until their records are folded, appends until
 * they are acknowledged, long enough that only a full collection would find them as garbage, and those are rare.
 * Invariant: memory is handed out again only after release(); what is never released is left to the garbage collector.
 */
import { BugError } from '../errors.ts';

/** Smaller buffers are not worth reusing. */
const LEAST_BYTES = 64 * 1024;
/** Sizes are rounded up, so that a freed buffer fits more requests. */
const STEP_BYTES = 256 * 1024;

export class ReusedMemory {
  readonly #maxFreeBytes: number;
  readonly #free: Buffer[] = [];
  /** By what lies under it: views of it are what is given back. */
  readonly #lent = new WeakMap<ArrayBufferLike, Buffer>();
  #freeBytes = 0;

  constructor(maxFreeBytes: number) {
    this.#maxFreeBytes = maxFreeBytes;
  }

  /** A buffer of exactly this length; its contents are undefined. */
  take(byteLength: number): Buffer {
    if (byteLength < LEAST_BYTES) return Buffer.allocUnsafeSlow(byteLength);
    const whole = this.#takeFree(byteLength) ?? allocate(byteLength);
    this.#lent.set(whole.buffer, whole);
    return whole.subarray(0, byteLength);
  }

  /** Ends the use of these bytes and of every other view of the same memory. To be called once. */
  release(bytes: Buffer): void {
    const whole = this.#lent.get(bytes.buffer);
    if (whole === undefined) {
      if (this.#free.some(({ buffer }) => buffer === bytes.buffer)) throw new BugError('memory was released twice');
      return;
    }
    this.#lent.delete(whole.buffer);
    if (this.#freeBytes + whole.length > this.#maxFreeBytes) return;
    this.#free.push(whole);
    this.#freeBytes += whole.length;
  }

  /** The smallest free buffer that is large enough. */
  #takeFree(byteLength: number): Buffer | undefined {
    let best = -1;
    for (const [index, { length }] of this.#free.entries()) {
      if (length >= byteLength && (best === -1 || length < this.#free[best]!.length)) best = index;
    }
    if (best === -1) return undefined;
    const [found] = this.#free.splice(best, 1);
    this.#freeBytes -= found!.length;
    return found;
  }
}

function allocate(byteLength: number): Buffer {
  return Buffer.allocUnsafeSlow(Math.ceil(byteLength / STEP_BYTES) * STEP_BYTES);
}
