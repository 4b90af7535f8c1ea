import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { systemRuntime } from '../base/system-runtime.ts';
import type { ByteRange, ObjectStore, StoredObject } from '../sinks/delta/ports.ts';
import { DiskStore } from '../sinks/delta/store/disk-store.ts';
import { BusyRuntime } from '../sinks/delta/testing/busy-runtime.ts';
import { MemoryStore } from '../sinks/delta/testing/memory-store.ts';
import { needText, verdictText } from './conformance-text.ts';
import { STORE_NEEDS } from './store-needs.ts';
import { newFolderName, tryStore } from './try-store.ts';

const runtime = new BusyRuntime();
const ALL = STORE_NEEDS.map(({ name }) => name);

/** What the clients of one store have in common; each of them sees it through `lie`. */
async function failuresOf(lie: (shared: MemoryStore) => ObjectStore, only?: readonly string[]): Promise<string[]> {
  const shared = new MemoryStore();
  const { needs } = await tryStore({ open: () => lie(shared), isRemote: false, runtime }, 'f', { only });
  expect(needs.filter(({ state }) => state === 'untried')).toEqual([]);
  return needs.filter(({ state }) => state === 'fails').map(({ name }) => name);
}

/** Passes everything on to the shared store. */
class Honest implements ObjectStore {
  readonly name = 'honest';
  protected readonly shared: MemoryStore;

  constructor(shared: MemoryStore) {
    this.shared = shared;
  }

  create(key: string, bytes: Uint8Array): Promise<'created' | 'exists'> {
    return this.shared.create(key, bytes);
  }
  replace(key: string, bytes: Uint8Array): Promise<void> {
    return this.shared.replace(key, bytes);
  }
  get(key: string, range?: ByteRange): Promise<Uint8Array | undefined> {
    return this.shared.get(key, range);
  }
  list(prefix: string, after?: string): AsyncIterable<readonly StoredObject[]> {
    return this.shared.list(prefix, after);
  }
  remove(keys: readonly string[]): Promise<void> {
    return this.shared.remove(keys);
  }
  close(): void {}
}

async function* pagesOf(store: ObjectStore, prefix: string, after?: string): AsyncIterable<readonly StoredObject[]> {
  for await (const page of store.list(prefix, after)) yield page;
}

test('a store that keeps its promises conforms, and nothing is left in it', async () => {
  const shared = new MemoryStore();
  shared.nowMs = runtime.nowMs();
  const report = await tryStore({ open: () => new Honest(shared), isRemote: false, runtime }, newFolderName(runtime));
  expect(report.needs.map(({ name, state }) => [name, state])).toEqual(ALL.map((name) => [name, 'holds']));
  expect(verdictText(report)).toMatch(/^CONFORMS: 11 hold/);
  expect(shared.objects.size).toBe(0);
  for (const need of report.needs) expect(needText(need).split('\n')[0]!.length).toBeLessThanOrEqual(80);
});

test('a disk conforms, and nothing is left on it', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'provenonce-conformance-'));
  try {
    const open = () => new DiskStore(folder, systemRuntime);
    const only = ALL.filter((name) => name !== 'list-pages');
    const report = await tryStore({ open, isRemote: false, runtime: systemRuntime }, 'c', { only });
    expect(report.needs.filter(({ state }) => state !== 'holds')).toEqual([]);
    expect(await readdir(path.join(folder, 'c'), { recursive: true, withFileTypes: true })).toSatisfy(
      (entries: readonly { isFile(): boolean }[]) => entries.every((entry) => !entry.isFile()),
    );
  } finally {
    await rm(folder, { recursive: true });
  }
});

describe('a store is refused that', () => {
  test('lets two writers win', async () => {
    /** Looks first, and writes then: what stores without conditional writes do. */
    class TwoWinners extends Honest {
      override async create(key: string, bytes: Uint8Array): Promise<'created' | 'exists'> {
        if ((await this.shared.get(key)) !== undefined) return 'exists';
        await this.shared.replace(key, bytes);
        return 'created';
      }
    }
    expect(await failuresOf((shared) => new TwoWinners(shared))).toEqual(['one-winner']);
  });

  test('lets two win now and then', async () => {
    let number = 0;
    class SometimesTwo extends Honest {
      override async create(key: string, bytes: Uint8Array): Promise<'created' | 'exists'> {
        if (++number % 300 > 0) return this.shared.create(key, bytes);
        await this.shared.replace(key, bytes);
        return 'created';
      }
    }
    expect(await failuresOf((shared) => new SometimesTwo(shared), ['one-winner'])).toEqual(['one-winner']);
  });

  test('ignores the condition', async () => {
    class Overwriting extends Honest {
      override async create(key: string, bytes: Uint8Array): Promise<'created' | 'exists'> {
        await this.shared.replace(key, bytes);
        return 'created';
      }
    }
    const broken = await failuresOf((shared) => new Overwriting(shared));
    expect(broken).toEqual(['one-winner', 'never-overwritten', 'lost-answers']);
  });

  test('tells a writer that it won, and keeps the bytes of another one', async () => {
    class Swapped extends Honest {
      override async create(key: string, bytes: Uint8Array): Promise<'created' | 'exists'> {
        const outcome = await this.shared.create(key, bytes);
        if (outcome === 'exists' && key.includes('one-winner')) await this.shared.replace(key, bytes);
        return outcome;
      }
    }
    expect(await failuresOf((shared) => new Swapped(shared))).toEqual(['one-winner']);
  });

  test('keeps an answer that an object is not there', async () => {
    class Forgetful extends Honest {
      readonly #missing = new Set<string>();
      override async get(key: string, range?: ByteRange): Promise<Uint8Array | undefined> {
        if (this.#missing.has(key)) return undefined;
        const bytes = await this.shared.get(key, range);
        if (bytes === undefined) this.#missing.add(key);
        return bytes;
      }
    }
    const broken = await failuresOf((shared) => new Forgetful(shared));
    expect(broken).toEqual(['read-after-create']);
  });

  test('has lists that lag behind', async () => {
    class Lagging extends Honest {
      #before: readonly StoredObject[] = [];
      override async *list(prefix: string, after?: string): AsyncIterable<readonly StoredObject[]> {
        const now: StoredObject[] = [];
        for await (const page of this.shared.list(prefix, after)) now.push(...page);
        if (prefix.includes('list-after-create')) yield this.#before;
        else yield now;
        this.#before = now;
      }
    }
    expect(await failuresOf((shared) => new Lagging(shared))).toEqual(['list-after-create']);
  });

  test('lists in another order, or forgets where to begin', async () => {
    class ByLength extends Honest {
      override async *list(prefix: string, after?: string): AsyncIterable<readonly StoredObject[]> {
        const all: StoredObject[] = [];
        for await (const page of this.shared.list(prefix, after)) all.push(...page);
        yield all.sort((a, b) => a.key.length - b.key.length);
      }
    }
    class FromTheStart extends Honest {
      override list(prefix: string): AsyncIterable<readonly StoredObject[]> {
        return pagesOf(this.shared, prefix);
      }
    }
    expect(await failuresOf((shared) => new ByLength(shared))).toEqual(['list-order']);
    expect(await failuresOf((shared) => new FromTheStart(shared))).toEqual(['list-order', 'list-pages']);
  });

  test('lists one page only', async () => {
    class FirstPage extends Honest {
      override async *list(prefix: string, after?: string): AsyncIterable<readonly StoredObject[]> {
        let count = 0;
        for await (const page of this.shared.list(prefix, after)) {
          if (count < 1_000) yield page;
          count += page.length;
        }
      }
    }
    expect(await failuresOf((shared) => new FirstPage(shared))).toEqual(['list-pages']);
  });

  test('answers a read from before a replacement', async () => {
    class Stale extends Honest {
      readonly #seen = new Map<string, Uint8Array>();
      override async get(key: string, range?: ByteRange): Promise<Uint8Array | undefined> {
        const bytes = this.#seen.get(key) ?? (await this.shared.get(key, range));
        if (bytes !== undefined && key.endsWith('_last_checkpoint')) this.#seen.set(key, bytes);
        return bytes;
      }
    }
    expect(await failuresOf((shared) => new Stale(shared))).toEqual(['replaced-at-once']);
  });

  test('cuts large objects, or mistakes ranges by one', async () => {
    class Cutting extends Honest {
      override async get(key: string, range?: ByteRange): Promise<Uint8Array | undefined> {
        return (await this.shared.get(key, range))?.subarray(0, 8 * 1024 * 1024);
      }
    }
    class Inclusive extends Honest {
      override get(key: string, range?: ByteRange): Promise<Uint8Array | undefined> {
        return this.shared.get(key, range?.to === undefined ? range : { from: range.from, to: range.to + 1 });
      }
    }
    expect(await failuresOf((shared) => new Cutting(shared))).toEqual(['whole-and-parts']);
    expect(await failuresOf((shared) => new Inclusive(shared))).toEqual(['whole-and-parts']);
  });

  test('does not remove, or never frees a name', async () => {
    class Keeping extends Honest {
      override async remove(): Promise<void> {}
    }
    class Graves extends Honest {
      readonly #removed = new Set<string>();
      override remove(keys: readonly string[]): Promise<void> {
        for (const key of keys) this.#removed.add(key);
        return this.shared.remove(keys);
      }
      override async create(key: string, bytes: Uint8Array): Promise<'created' | 'exists'> {
        return this.#removed.has(key) ? 'exists' : this.shared.create(key, bytes);
      }
    }
    expect(await failuresOf((shared) => new Keeping(shared))).toEqual(['removed-at-once']);
    const graves = new Map<MemoryStore, Graves>();
    const one = (shared: MemoryStore) => graves.get(shared) ?? graves.set(shared, new Graves(shared)).get(shared)!;
    expect(await failuresOf(one)).toEqual(['removed-at-once']);
  });

  test('lands a create that was given up after another one', async () => {
    const late: (() => Promise<void>)[] = [];
    const slow = new BusyRuntime();
    class Late extends Honest {
      override async create(key: string, bytes: Uint8Array): Promise<'created' | 'exists'> {
        late.push(() => this.shared.replace(key, Buffer.concat([bytes, Buffer.from('!')])));
        throw new Error('given up');
      }
    }
    const shared = new MemoryStore();
    let ways = 0;
    const open = () => (++ways === 5 ? new Late(shared) : new Honest(shared));
    const sleeping = Object.assign(Object.create(slow) as BusyRuntime, {
      nowMs: () => 0,
      sleep: async () => {
        for (const land of late.splice(0)) await land();
      },
    });
    const report = await tryStore({ open, isRemote: true, runtime: sleeping }, 'f', { only: ['lost-answers'] });
    expect(report.needs.map(({ state }) => state)).toEqual(['fails']);
    expect(report.conforms).toBe(false);
  });
});

test('a clock that differs is reported, and allowed', async () => {
  const shared = new MemoryStore();
  shared.nowMs = runtime.nowMs() - 3_600_000;
  const report = await tryStore({ open: () => shared, isRemote: false, runtime }, 'f', { only: ['clock'] });
  expect(report.needs).toMatchObject([{ state: 'differs', detail: expect.stringMatching(/-3600 s ahead/) }]);
  expect(report.conforms).toBe(true);
});
