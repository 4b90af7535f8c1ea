/**
 * Several processes commit to one table through a store that loses answers, is away, and lands puts later. Each process
 * appends its numbers in order, on condition that its position in the log is the one it knows: what it would do with rows.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ObjectStore, TableSnapshot } from '../ports.ts';
import { BusyRuntime } from '../testing/busy-runtime.ts';
import { fileNamed, METADATA, tableOn } from '../testing/log-fixture.ts';
import { type Fate, FaultyStore, MemoryStore } from '../testing/memory-store.ts';
import { commitKey, lastCheckpointKey } from './log-names.ts';
import type { DeltaLogTable } from './log-table.ts';
import { parseCommit } from './parse-actions.ts';

const WRITERS = 3;
const NUMBERS = 6;
const limits = { keptCommits: 2 };

interface Plan {
  /** For each writer, what becomes of its creates, in order; then all are answered. */
  readonly fates: readonly (readonly Fate[])[];
  /** After how many of all creates a late put lands. */
  readonly lateAfter: readonly number[];
  /** After how many of all creates another process writes a log checkpoint and removes the versions below it. */
  readonly cleanUps: readonly number[];
}

const fate = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Fate>('ok') },
  { weight: 1, arbitrary: fc.constant<Fate>('lost') },
  { weight: 2, arbitrary: fc.constant<Fate>('late') },
  { weight: 1, arbitrary: fc.constant<Fate>('away') },
);
const plans: fc.Arbitrary<Plan> = fc.record({
  fates: fc.array(fc.array(fate, { maxLength: 15 }), { minLength: WRITERS, maxLength: WRITERS }),
  lateAfter: fc.array(fc.nat(30), { maxLength: 8 }),
  cleanUps: fc.array(fc.nat(30), { maxLength: 3 }),
});

/** The versions that a reader sees, from the whole history: what clean-up removed is remembered. */
class Lake {
  readonly store = new MemoryStore();
  readonly history = new Map<string, Uint8Array>();
  readonly faulty: FaultyStore[];
  readonly #plan: Plan;
  #creates = 0;
  #turn: Promise<void> = Promise.resolve();

  constructor(plan: Plan) {
    this.#plan = plan;
    this.faulty = plan.fates.map((fates) => {
      const left = [...fates];
      return new FaultyStore(this.store, () => left.shift() ?? 'ok');
    });
  }

  /** A writer's way to the store: before each create of a commit, what the plan says happens. */
  storeOf(writer: number, beforeEach: () => Promise<void>): ObjectStore {
    const faulty = this.faulty[writer]!;
    return new Proxy(faulty, {
      get: (target, name) => {
        if (name !== 'create') return Reflect.get(target, name).bind?.(target) ?? Reflect.get(target, name);
        return async (key: string, bytes: Uint8Array) => {
          if (key.endsWith('.json')) await beforeEach();
          return target.create(key, bytes);
        };
      },
    });
  }

  async step(): Promise<void> {
    const now = this.#creates++;
    for (const at of this.#plan.lateAfter) {
      if (at === now) for (const faulty of this.faulty) await faulty.landLate();
    }
    if (this.#plan.cleanUps.includes(now)) await this.cleanUp();
  }

  /** A log checkpoint at the end of the log, and the versions removed that it allows to remove. One at a time. */
  cleanUp(): Promise<void> {
    this.#turn = this.#turn.then(() => this.#cleanUp());
    return this.#turn;
  }

  async #cleanUp(): Promise<void> {
    const state = await tableOn(this.store, { limits }).refresh();
    if (state === undefined || state.version === 0) return;
    const { protocol, metadataAction: metaData, files, txns, version } = state;
    const rows = [
      { protocol },
      { metaData },
      ...[...files.values()].map(({ action }) => ({ add: action })),
      ...[...txns].map(([appId, each]) => ({ txn: { appId, version: each } })),
    ];
    const text = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
    const name = `t/_delta_log/${String(version).padStart(20, '0')}.checkpoint.parquet`;
    await this.store.create(name, Buffer.from(text));
    await this.store.replace(lastCheckpointKey('t'), Buffer.from(JSON.stringify({ version, size: rows.length })));
    for (let below = 0; below < version - limits.keptCommits; below++) {
      const bytes = await this.store.get(commitKey('t', below));
      if (bytes !== undefined && !this.history.has(commitKey('t', below)))
        this.history.set(commitKey('t', below), bytes);
      await this.store.remove([commitKey('t', below)]);
    }
  }

  async landAll(): Promise<void> {
    for (const faulty of this.faulty) while (faulty.late.length > 0) await faulty.landLate();
  }
}

/** Appends its numbers one by one. Positions come from the snapshot alone, as after a takeover. */
async function writeAll(table: DeltaLogTable, writer: number, seen: TableSnapshot[]): Promise<void> {
  const position = (snapshot: TableSnapshot): number => snapshot.txns.get(`next/${writer}`) ?? 0;
  for (let number = 0; number < NUMBERS; number++) {
    const after = await table.commit((snapshot) => {
      seen.push(snapshot);
      if (position(snapshot) > number) return undefined;
      expect(position(snapshot)).toBe(number);
      const adds = [fileNamed(`w${writer}-${number}-${seen.length}`)];
      return { operation: 'WRITE', adds, txns: new Map([[`next/${writer}`, number + 1]]) };
    });
    expect(position(after)).toBe(number + 1);
  }
}

/** All numbers of all writers are in the table, each once. */
function expectWhole(end: TableSnapshot): void {
  const numbers = [...end.files.keys()].map((name) => name.split('-').slice(0, 2).join('-')).sort();
  const wanted = Array.from({ length: WRITERS * NUMBERS }, (_, i) => `w${i % WRITERS}-${Math.floor(i / WRITERS)}`);
  expect(numbers).toEqual(wanted.sort());
  expect(end.version).toBe(WRITERS * NUMBERS);
}

test('every commit lands once, with each fault of the store, and decisions see the newest snapshot', async () => {
  let conflicts = 0;
  let cleaned = 0;
  await fc.assert(
    fc.asyncProperty(plans, async (plan) => {
      const lake = new Lake(plan);
      await tableOn(lake.store, { limits }).ensure(METADATA);
      const seen: TableSnapshot[][] = [];
      const tables = plan.fates.map((_, writer) => {
        seen.push([]);
        const store = lake.storeOf(writer, () => lake.step());
        return tableOn(store, { runtime: new BusyRuntime(writer + 1), limits });
      });
      await Promise.all(tables.map((table, writer) => writeAll(table, writer, seen[writer]!)));
      await lake.landAll();
      const end = (await tableOn(lake.store, { limits }).refresh())!;
      expectWhole(end);
      for (const snapshots of seen) {
        const versions = snapshots.map(({ version }) => version);
        expect(versions).toEqual(versions.toSorted((a, b) => a - b));
      }
      conflicts += seen.flat().length - WRITERS * NUMBERS;
      cleaned += lake.history.size;
      for (const [key, bytes] of lake.history) expect(parseCommit(bytes, key).length).toBeGreaterThan(0);
    }),
    { numRuns: 100 },
  );
  expect(conflicts).toBeGreaterThan(400);
  expect(cleaned).toBeGreaterThan(40);
});

test('the same while the writers themselves write log checkpoints and clean up', async () => {
  let freed = 0;
  const own = {
    ...limits,
    checkpointEveryCommits: 2,
    logRetentionMs: -1,
    cleanUpEveryMs: 0,
    removedFileRetentionMs: 1,
  };
  await fc.assert(
    fc.asyncProperty(plans, async (plan) => {
      const lake = new Lake({ ...plan, cleanUps: [] });
      await tableOn(lake.store, { limits: own }).ensure(METADATA);
      const tables = plan.fates.map((_, writer) => {
        const store = lake.storeOf(writer, () => lake.step());
        return tableOn(store, { runtime: new BusyRuntime(writer + 1), limits: own });
      });
      await Promise.all(tables.map((table, writer) => writeAll(table, writer, [])));
      await Promise.all(tables.map((table) => table.settled()));
      await lake.landAll();
      expectWhole((await tableOn(lake.store, { limits: own }).refresh())!);
      freed += lake.store.calls.filter((call) => call.startsWith('remove ')).length;
    }),
    { numRuns: 100 },
  );
  expect(freed).toBeGreaterThan(500);
});
