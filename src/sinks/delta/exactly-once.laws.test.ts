/**
 * Owners of one partition after one another and at the same time, killed at any call of the store, with answers that are lost and puts that land
 * late: in the end every row is there exactly once, and what a checkpoint says is in the tables.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DATA_TABLES } from '../../payments/types.ts';
import type { ByteRange, ObjectStore, StoredObject } from './ports.ts';
import { UnknownOutcomeError } from './ports.ts';
import { BusyRuntime } from './testing/busy-runtime.ts';
import { deltaProcess, expectedRows, liveOnce, prepared, storedRows, TOPIC } from './testing/delta-fixture.ts';
import { MemoryStore } from './testing/memory-store.ts';

const PARTITIONS = 2;
const END_OFFSET = 37;

/** Draws from numbers that fast-check shrinks; 0 once they are used up. */
class Draws {
  readonly #numbers: readonly number[];
  #at = 0;

  constructor(numbers: readonly number[]) {
    this.#numbers = numbers;
  }

  below(limit: number): number {
    return (this.#numbers[this.#at++] ?? 0) % limit;
  }
}

/** One process's way to the store: it dies at a call, and from then on no call answers. */
class MortalStore implements ObjectStore {
  readonly name = 'mortal';
  readonly died = Promise.withResolvers<void>();
  readonly #inner: MemoryStore;
  readonly #draws: Draws;
  readonly #late: (() => void)[];
  #callsLeft: number;

  constructor(inner: MemoryStore, draws: Draws, late: (() => void)[], callsLeft: number) {
    this.#inner = inner;
    this.#draws = draws;
    this.#late = late;
    this.#callsLeft = callsLeft;
  }

  async create(key: string, bytes: Uint8Array): Promise<'created' | 'exists'> {
    const isLast = await this.#step();
    const fate = this.#draws.below(8);
    if (isLast || fate === 1) {
      // The process does not learn whether it landed, and it may land when the process is long gone.
      const land = (): void => void this.#inner.create(key, bytes);
      if (this.#draws.below(2) === 0) land();
      else this.#late.push(land);
      if (isLast) return this.#die();
      throw new UnknownOutcomeError('the answer was lost');
    }
    if (fate === 2) throw new Error('the store is away');
    return this.#inner.create(key, bytes);
  }

  async replace(key: string, bytes: Uint8Array): Promise<void> {
    if (await this.#step()) return this.#die();
    return this.#inner.replace(key, bytes);
  }

  async get(key: string, range?: ByteRange): Promise<Uint8Array | undefined> {
    if (await this.#step()) return this.#die();
    return this.#inner.get(key, range);
  }

  async *list(prefix: string, after?: string): AsyncIterable<readonly StoredObject[]> {
    if (await this.#step()) await this.#die();
    yield* this.#inner.list(prefix, after);
  }

  async remove(keys: readonly string[]): Promise<void> {
    if (await this.#step()) return this.#die();
    return this.#inner.remove(keys);
  }

  close(): void {}

  /** Lets others go first for a while; true at the call that is the last. */
  async #step(): Promise<boolean> {
    for (let turns = this.#draws.below(6); turns > 0; turns -= 1) await Promise.resolve();
    if (this.#draws.below(10) === 3) this.#late.shift()?.();
    if (this.#callsLeft <= 0) return this.#die();
    this.#callsLeft -= 1;
    return this.#callsLeft === 0;
  }

  #die(): Promise<never> {
    this.died.resolve();
    return new Promise(() => {});
  }
}

const life = fc.record({
  partition: fc.nat(PARTITIONS - 1),
  batch: fc.integer({ min: 1, max: 12 }),
  checkpointEvery: fc.integer({ min: 1, max: 4 }),
  setting: fc.option(fc.constantFrom('1', '2'), { nil: undefined }),
  callsLeft: fc.integer({ min: 5, max: 220 }),
  draws: fc.array(fc.nat(119), { minLength: 40, maxLength: 400 }),
});

test('rows are there exactly once, with any process killed and any answer lost or late', {
  timeout: 120_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(life, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 4 }),
      async (rounds) => {
        const store = new MemoryStore();
        await prepared(deltaProcess({ store, runtime: new BusyRuntime(0) }), PARTITIONS);
        const late: (() => void)[] = [];
        let label = 1;
        // Lives of one round run at the same time.
        for (const round of rounds)
          await Promise.all(
            round.map(async ({ callsLeft, draws, setting, ...others }) => {
              const options = setting === undefined ? others : { ...others, setting };
              const mortal = new MortalStore(store, new Draws(draws), late, callsLeft);
              const process = deltaProcess({ store: mortal, runtime: new BusyRuntime(label++) });
              const living = liveOnce(process, `owner ${label}`, { ...options, endOffset: END_OFFSET }).catch(
                (error: unknown) => {
                  if ((error as Error).name !== 'WriterLostError') throw error;
                },
              );
              await Promise.race([living, mortal.died.promise]);
            }),
          );
        const last = deltaProcess({ store, runtime: new BusyRuntime(label++) });
        for (let partition = 0; partition < PARTITIONS; partition += 1)
          expect(await liveOnce(last, 'last', { partition, endOffset: END_OFFSET, batch: 5, checkpointEvery: 2 })).toBe(
            'drained',
          );
        // What was on its way comes too late now.
        for (const land of late) land();
        await Promise.resolve();
        const reader = deltaProcess({ store, runtime: new BusyRuntime(label++) });
        for (const { partition, history } of await reader.sink.readOwnership(TOPIC)) {
          for (const table of DATA_TABLES)
            expect(await storedRows(reader, table, partition)).toEqual(
              expectedRows(table, partition, END_OFFSET, history),
            );
          const checkpoint = await reader.sink.latestCheckpoint(TOPIC, partition);
          expect(checkpoint!.nextOffset).toBe(END_OFFSET);
          const { rows } = (checkpoint as unknown as { reached: { rows: Record<string, number> } }).reached;
          for (const table of DATA_TABLES)
            expect(rows[table]).toBe(expectedRows(table, partition, END_OFFSET, history).length);
        }
        expect(await reader.sink.lostInBulk()).toBeUndefined();
      },
    ),
    { numRuns: 50 },
  );
});
