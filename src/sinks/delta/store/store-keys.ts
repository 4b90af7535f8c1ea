/** Keys of objects: what a key may be, and their order. Stores of all kinds share it, so that one lists like another. */
import { BugError } from '../../../base/errors.ts';

const KEY_MAX_BYTES = 1_024;
const SEGMENT = /^(?!\.{1,2}$)[^/\\\0]+$/;

/** Names of files on a disk that are being written, or that a crash left, begin so. No reader of a table reads them. */
export const UNFINISHED_PREFIX = '.tmp-';

/** Relative, with `/`, without empty segments, `.` or `..`. */
export function isKey(key: string): boolean {
  return Buffer.byteLength(key) <= KEY_MAX_BYTES && key.split('/').every((segment) => SEGMENT.test(segment));
}

/** For keys that this program made: a wrong one is its own mistake. */
export function checkKey(key: string): void {
  if (!isKey(key)) throw new BugError(`not a key of an object: ${JSON.stringify(key)}`);
}

/** A prefix is a key that may end anywhere, also in `/`; or empty. */
export function checkPrefix(prefix: string): void {
  const whole = prefix.endsWith('/') ? prefix.slice(0, -1) : prefix;
  if (whole !== '') checkKey(whole);
}

/** By UTF-8 bytes, as stores list. Differs from the order of strings where a surrogate pair meets U+E000 or above. */
export function compareKeys(a: string, b: string): number {
  if (a === b) return 0;
  if (!SURROGATE.test(a) && !SURROGATE.test(b)) return a < b ? -1 : 1;
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

const SURROGATE = /[\ud800-\udfff]/;
