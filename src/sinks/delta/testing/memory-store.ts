/** A store in memory that keeps every promise of the port, and a wrapper that makes calls fail, for tests. */
import { type ByteRange, type ObjectStore, type StoredObject, UnknownOutcomeError } from '../ports.ts';
import { checkKey, checkPrefix, compareKeys } from '../store/store-keys.ts';

interface Held {
  readonly bytes: Uint8Array;
  readonly modifiedAtMs: number;
}

export class MemoryStore implements ObjectStore {
  readonly name = 'memory';
  readonly objects = new Map<string, Held>();
  /** Every key that was asked for, for tests of what a call costs. */
  readonly calls: string[] = [];
  nowMs = 1_767_323_045_000;

  async create(key: string, bytes: Uint8Array): Promise<'created' | 'exists'> {
    this.calls.push(`create ${key}`);
    checkKey(key);
    await Promise.resolve();
    if (this.objects.has(key)) return 'exists';
    this.objects.set(key, { bytes: bytes.slice(), modifiedAtMs: this.nowMs });
    return 'created';
  }

  async replace(key: string, bytes: Uint8Array): Promise<void> {
    this.calls.push(`replace ${key}`);
    checkKey(key);
    await Promise.resolve();
    this.objects.set(key, { bytes: bytes.slice(), modifiedAtMs: this.nowMs });
  }

  async get(key: string, range?: ByteRange): Promise<Uint8Array | undefined> {
    this.calls.push(`get ${key}`);
    checkKey(key);
    await Promise.resolve();
    const bytes = this.objects.get(key)?.bytes;
    return range === undefined ? bytes?.slice() : bytes?.slice(range.from, range.to);
  }

  async *list(prefix: string, after = ''): AsyncIterable<readonly StoredObject[]> {
    this.calls.push(`list ${prefix}`);
    checkPrefix(prefix);
    await Promise.resolve();
    const keys = [...this.objects.keys()].filter((key) => key.startsWith(prefix) && compareKeys(key, after) > 0);
    keys.sort(compareKeys);
    for (let at = 0; at < keys.length; at += 3) {
      yield keys.slice(at, at + 3).flatMap((key) => {
        const held = this.objects.get(key);
        return held === undefined
          ? []
          : [{ key, byteLength: held.bytes.length, modifiedAtMs: held.modifiedAtMs } satisfies StoredObject];
      });
    }
  }

  async remove(keys: readonly string[]): Promise<void> {
    this.calls.push(`remove ${keys.join(' ')}`);
    await Promise.resolve();
    for (const key of keys) this.objects.delete(key);
  }

  close(): void {}

  /** An object's text; '' where there is none. */
  text(key: string): string {
    return Buffer.from(this.objects.get(key)?.bytes ?? []).toString();
  }
}

/**
 * What becomes of one `create`: `lost` lands and the answer is lost; `late` is answered as unknown and lands when the test
 * calls `landLate`; `away` does not happen.
 */
export type Fate = 'ok' | 'lost' | 'late' | 'away';

/** One process's way to a store: `fate` decides about each create, `mayGet` about each read. */
export class FaultyStore implements ObjectStore {
  readonly name = 'faulty';
  readonly late: { readonly key: string; readonly bytes: Uint8Array }[] = [];
  readonly #inner: ObjectStore;
  readonly #fate: (key: string) => Fate;
  readonly #isAway: () => boolean;

  constructor(inner: ObjectStore, fate: (key: string) => Fate, isAway: () => boolean = () => false) {
    this.#inner = inner;
    this.#fate = fate;
    this.#isAway = isAway;
  }

  async create(key: string, bytes: Uint8Array): Promise<'created' | 'exists'> {
    const fate = this.#fate(key);
    if (fate === 'away') throw new Error('the store is away');
    if (fate === 'late') this.late.push({ key, bytes: bytes.slice() });
    else if (fate === 'ok') return this.#inner.create(key, bytes);
    else await this.#inner.create(key, bytes);
    throw new UnknownOutcomeError(`no answer about ${key}`);
  }

  /** One of the late puts lands now, or finds its name taken. */
  async landLate(index = 0): Promise<'created' | 'exists' | undefined> {
    const [put] = this.late.splice(index, 1);
    return put === undefined ? undefined : this.#inner.create(put.key, put.bytes);
  }

  replace(key: string, bytes: Uint8Array): Promise<void> {
    return this.#isAway() ? Promise.reject(new Error('the store is away')) : this.#inner.replace(key, bytes);
  }

  get(key: string, range?: ByteRange): Promise<Uint8Array | undefined> {
    return this.#isAway() ? Promise.reject(new Error('the store is away')) : this.#inner.get(key, range);
  }

  list(prefix: string, after?: string): AsyncIterable<readonly StoredObject[]> {
    return this.#inner.list(prefix, after);
  }

  remove(keys: readonly string[]): Promise<void> {
    return this.#inner.remove(keys);
  }

  close(): void {
    this.#inner.close();
  }
}
