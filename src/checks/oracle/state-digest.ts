/**
 * The digest of a partition's state, as checkpoints hold it, kept up to date from the recomputation alone: `v1:` and four
 * sums, modulo 2^32, over what is mixed from each entry: ids and sender activity that live, open windows, and the head
 * (watermark and counters). v1 names this layout. Ids and activity live by the minute of their event time, so each minute
 * has sums of its own, which go when it does.
 */
import { avalanche, type Hash, hexWord, rotated, textHash, wordsOf } from './hashes.ts';

export const DIGEST_VERSION = 'v1';

const MINUTE_MS = 60_000;
const KINDS = { id: 1, activity: 2, window: 3, head: 4 } as const;
const STARTS = [0x243f6a88, 0x13198a2e, 0x24638842, 0x299f31d0] as const;
const FACTORS = [0x85ebca6b, 0xc2b2ae35, 0x9e3779b1, 0x27d4eb2f] as const;
const TURNS = [13, 15, 17, 19] as const;

/** An accepted payment, as far as it is remembered. */
export interface Remembered {
  readonly offset: number;
  readonly time: number;
  readonly hash: Hash;
}

export interface DigestedWindow {
  readonly window_start: number;
  readonly region: string;
  readonly currency: string;
  readonly count: number;
  readonly total: bigint;
  readonly min: bigint;
  readonly max: bigint;
}

export interface DigestedHead {
  readonly watermarkMs: number;
  readonly consumed: number;
  readonly accepted: number;
  readonly duplicate: number;
  readonly late: number;
  readonly rejected: number;
}

/** What is older than this is forgotten: whole minutes. */
export function livesFromMs(nowMs: number, spanMs: number): number {
  return Math.floor((nowMs - spanMs) / MINUTE_MS) * MINUTE_MS;
}

export class StateDigest {
  readonly #ids = new SumsByMinute();
  readonly #activity = new SumsByMinute();

  addId(entry: Remembered, id: Hash): void {
    this.#ids.of(entry.time).add(mixedId(entry, id), 1);
  }

  /** An id that was accepted again: the later acceptance is remembered alone. */
  removeId(entry: Remembered, id: Hash): void {
    this.#ids.of(entry.time).add(mixedId(entry, id), -1);
  }

  addActivity(entry: Remembered, sender: Hash, device: Hash): void {
    const words = [...wordsOfEntry(entry), sender.high, sender.low, device.high, device.low];
    this.#activity.of(entry.time).add(mixed(KINDS.activity, words), 1);
  }

  forget(idsFromMs: number, activityFromMs: number): void {
    this.#ids.forgetBefore(idsFromMs);
    this.#activity.forgetBefore(activityFromMs);
  }

  /** As it is now. */
  text(head: DigestedHead, windows: Iterable<DigestedWindow>): string {
    const sum = new Lanes();
    sum.addAll(this.#ids.total);
    sum.addAll(this.#activity.total);
    for (const window of windows) sum.add(mixedWindow(window), 1);
    const { watermarkMs, consumed, accepted, duplicate, late, rejected } = head;
    const numbers = [watermarkMs, consumed, accepted, duplicate, late, rejected];
    sum.add(mixed(KINDS.head, numbers.flatMap(wordsOf)), 1);
    return `${DIGEST_VERSION}:${sum.text}`;
  }
}

/** The sum over ids alone, for a list of them. */
export function digestOfIds(ids: Iterable<readonly [Remembered, Hash]>): string {
  const sum = new Lanes();
  for (const [entry, id] of ids) sum.add(mixedId(entry, id), 1);
  return sum.text;
}

function mixedId(entry: Remembered, id: Hash): Words {
  return mixed(KINDS.id, [...wordsOfEntry(entry), id.high, id.low]);
}

function mixedWindow({ window_start, region, currency, count, total, min, max }: DigestedWindow): Words {
  const text = (value: string): number[] => {
    const { high, low } = textHash(value);
    return [high, low];
  };
  return mixed(KINDS.window, [
    ...wordsOf(window_start),
    ...text(region),
    ...text(currency),
    ...wordsOf(count),
    ...[total, min, max].flatMap((amount) => text(String(amount))),
  ]);
}

function wordsOfEntry({ offset, time, hash }: Remembered): number[] {
  const [offsetLower, offsetUpper] = wordsOf(offset);
  const [timeLower, timeUpper] = wordsOf(time);
  return [offsetLower, offsetUpper, timeLower, timeUpper, hash.high, hash.low];
}

type Words = readonly [number, number, number, number];

function mixed(kind: number, words: readonly number[]): Words {
  return [lane(0, kind, words), lane(1, kind, words), lane(2, kind, words), lane(3, kind, words)];
}

function lane(index: 0 | 1 | 2 | 3, kind: number, words: readonly number[]): number {
  const factor = FACTORS[index];
  const turns = TURNS[index];
  let value = STARTS[index] ^ kind;
  for (let at = 0; at < words.length; at += 1) value = rotated(Math.imul(value ^ words[at]!, factor), turns);
  return avalanche(value);
}

class Lanes {
  readonly sums: [number, number, number, number] = [0, 0, 0, 0];

  add(words: Words, sign: 1 | -1): void {
    for (let lane = 0; lane < 4; lane++) this.sums[lane] = (this.sums[lane]! + sign * words[lane]!) | 0;
  }

  addAll({ sums }: Lanes): void {
    this.add(sums, 1);
  }

  get text(): string {
    return this.sums.map(hexWord).join('');
  }
}

/** Sums of entries by the minute of their event time; those that are forgotten take their share with them. */
class SumsByMinute {
  readonly #minutes = new Map<number, Lanes>();
  #fromMs = Number.NEGATIVE_INFINITY;
  /** What comes for a minute that is forgotten already. */
  readonly #nowhere = new Lanes();

  of(timeMs: number): Lanes {
    const minute = Math.floor(timeMs / MINUTE_MS);
    if (minute * MINUTE_MS < this.#fromMs) return this.#nowhere;
    const held = this.#minutes.get(minute);
    if (held !== undefined) return held;
    const sums = new Lanes();
    this.#minutes.set(minute, sums);
    return sums;
  }

  forgetBefore(fromMs: number): void {
    if (fromMs <= this.#fromMs) return;
    this.#fromMs = fromMs;
    for (const minute of this.#minutes.keys()) if (minute * MINUTE_MS < fromMs) this.#minutes.delete(minute);
  }

  get total(): Lanes {
    const total = new Lanes();
    for (const sums of this.#minutes.values()) total.addAll(sums);
    return total;
  }
}
