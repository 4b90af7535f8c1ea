/** Seeding by command: what is refused before anything is changed, and what the first settings entries say. */
import { describe, expect, test } from 'vitest';
import { systemRuntime } from '../../base/system-runtime.ts';
import { DEFAULT_DECISION_SETTINGS, defaultFixedSettings } from '../../payments/settings.ts';
import { KnownSum } from '../../payments/state/known-elsewhere.ts';
import type { KnownPayment } from '../../payments/types.ts';
import { DEFAULT_LIMITS } from '../../processor/limits.ts';
import type { KnownSurvey } from '../../processor/ports/known-payments.ts';
import type { Ownership, Seed } from '../../processor/ports.ts';
import type { ProcessorSettings } from '../../processor/settings.ts';
import { seedText } from './seed-text.ts';
import { lookBeforeSeeding, planSeed, type SeedOrder, type SeedPorts, seedTopic } from './seed-topic.ts';

const NOW_MS = Date.UTC(2026, 10, 22, 12);
const MINUTE_MS = 60_000;
const settings: ProcessorSettings = {
  topic: 'payments',
  owner: 'test',
  seed: { ...defaultFixedSettings(NOW_MS), minEventAgeMs: 9 * 365 * 86_400_000 },
  decision: { ...DEFAULT_DECISION_SETTINGS, watermarkDelayMs: 10 * MINUTE_MS },
  startAt: { kind: 'earliest' },
  untilCaughtUp: false,
  acceptClockRisk: false,
  acceptNothing: false,
  limits: DEFAULT_LIMITS,
};
/** Half an hour of payments, a minute apart; the latest is a minute ago. */
const KNOWN: KnownPayment[] = Array.from({ length: 30 }, (_, i) => {
  return { transactionId: `t${i}`, eventTimeMs: NOW_MS - (30 - i) * MINUTE_MS };
});

interface World {
  rows: Ownership[];
  lists: Map<string, readonly KnownPayment[]>;
  /** What the query gives when the list is written. */
  written: readonly KnownPayment[];
  survey: Partial<KnownSurvey>;
  /** Happens before the seeding. */
  meanwhile: () => void;
}

function world(change: Partial<World> = {}): { readonly state: World; readonly ports: SeedPorts } {
  const state: World = { rows: [], lists: new Map(), written: KNOWN, survey: {}, meanwhile: () => {}, ...change };
  const put = (seeds: readonly Seed[]): void => {
    for (const seed of seeds)
      if (!state.rows.some(({ partition }) => partition === seed.partition)) state.rows.push(seed as never);
  };
  const ports: SeedPorts = {
    runtime: { ...systemRuntime, nowMs: () => NOW_MS },
    log: {
      facts: async () => ({
        topic: 'payments',
        partitionCount: 2,
        compacted: false,
        logAppendTime: true,
        timestampAfterMaxMs: 0,
      }),
      bounds: async (partition) => ({ startOffset: 10 * partition, endOffset: 100 }),
      offsetAt: async () => 0,
      groupOffsets: async () => ({ offsets: new Map(), members: 0 }),
    },
    sink: {
      topics: async () => [],
      readOwnership: async () => state.rows,
      latestCheckpoint: async () => undefined,
      tablesWithRows: async () => new Set(),
      payments: async function* () {},
      knownPayments: async function* () {},
      readSchemas: async () => [],
      putSchema: async () => {},
      seed: async (_, seeds) => {
        state.meanwhile();
        put(seeds);
      },
    },
    known: {
      survey: async () => ({
        rows: 30,
        ids: 30,
        unusable: 0,
        timeless: 0,
        fromMs: KNOWN[0]!.eventTimeMs,
        toMs: KNOWN.at(-1)!.eventTimeMs,
        ...state.survey,
      }),
      countFrom: async (_, fromMs) => KNOWN.filter(({ eventTimeMs }) => eventTimeMs >= fromMs).length,
      fill: async (list) => void state.lists.set(list, state.written),
      read: async function* (list, fromMs) {
        yield (state.lists.get(list) ?? []).filter(({ eventTimeMs }) => eventTimeMs >= fromMs);
      },
      removeOthers: async (list) => {
        for (const name of state.lists.keys()) if (name !== list) state.lists.delete(name);
      },
    },
  };
  return { state, ports };
}

const ORDER: SeedOrder = { settings, query: 'SELECT' };
const withFirst = (seed: Seed, change: Partial<Seed['history'][number]>): Seed => ({
  ...seed,
  history: [{ ...seed.history[0]!, ...change }],
});
const FLOOR_MS = KNOWN.at(-1)!.eventTimeMs - 10 * MINUTE_MS;

describe('seed', () => {
  test('with --dry-run only reads, and says what would be seeded', async () => {
    const { state, ports } = world();
    const plan = await planSeed(ORDER, ports);
    expect(plan.known).toMatchObject({ ids: 30, knownAtStart: 11, lateBeforeMs: FLOOR_MS });
    expect([state.rows, state.lists.size]).toEqual([[], 0]);
    const text = seedText(plan, true);
    expect(text).toContain('partition 1: from offset 10, 90 before the end of the log');
    expect(text).toContain('11 of them are known to every partition when it starts');
    expect(text).toContain('nothing was changed');
  });

  test('the first entry of every partition names the list, with what can be known at the start', async () => {
    const { state, ports } = world();
    state.lists.set('of a run that died', []);
    await seedTopic(ORDER, ports);
    const [list, ...others] = [...state.lists.keys()];
    expect(others).toEqual([]);
    const sum = new KnownSum();
    for (const payment of KNOWN) if (payment.eventTimeMs >= FLOOR_MS) sum.add(payment);
    const known = { list, fromMs: FLOOR_MS, toMs: KNOWN.at(-1)!.eventTimeMs, count: 11, digest: sum.digest };
    const generation = { partitions: 2, floorMs: FLOOR_MS, sources: [], known };
    expect(state.rows.map(({ partition, startOffset, history }) => [partition, startOffset, history])).toEqual([
      [0, 0, [{ fromOffset: 0, foldVersion: expect.any(Number), decision: settings.decision, generation }]],
      [1, 10, [{ fromOffset: 10, foldVersion: expect.any(Number), decision: settings.decision, generation }]],
    ]);
  });

  test('without known ids the partitions are seeded as a processor does it', async () => {
    const { state, ports } = world();
    const plan = await seedTopic({ settings }, ports);
    expect(plan.known).toBeUndefined();
    expect(state.rows.map(({ history }) => history[0]?.generation)).toEqual([undefined, undefined]);
  });

  test('--late-before moves the floor, never below the minimum event time', async () => {
    const { ports } = world();
    expect((await planSeed({ ...ORDER, lateBeforeMs: 0 }, ports)).known).toMatchObject({ knownAtStart: 30 });
    const { lateBeforeMs } = (await planSeed({ ...ORDER, lateBeforeMs: 0 }, ports)).known!;
    expect(lateBeforeMs).toBeGreaterThan(0);
  });

  test.each([
    ['rows without an event time', { survey: { timeless: 3 } }, {}, /3 rows have no event_time/],
    ['no usable id', { survey: { ids: 0, rows: 7 } }, {}, /7 rows, and no id that a payment can have/],
    [
      'an event time in the future',
      { survey: { toMs: NOW_MS + 3_600_000 } },
      {},
      /in the future\. Leave such rows out/,
    ],
    [
      'a floor in the future',
      {},
      { lateBeforeMs: NOW_MS + 3_600_000 },
      /--late-before: .* every payment would be late/,
    ],
    [
      'a topic that was seeded before',
      { rows: [{ partition: 0, partitionCount: 2, history: [] } as never] },
      {},
      /was seeded before/,
    ],
    [
      'a table that changes meanwhile',
      { written: KNOWN.slice(0, -1) },
      {},
      /gave 11 ids .* and 10 when they were written down/,
    ],
  ])('%s is refused, and nothing is seeded', async (_, change: Partial<World>, order: Partial<SeedOrder>, message) => {
    const { state, ports } = world(change);
    const before = state.rows.length;
    await expect(seedTopic({ ...ORDER, ...order }, ports)).rejects.toThrow(message);
    expect(state.rows).toHaveLength(before);
  });

  test('a topic whose first records are all rejected is not seeded: what is seeded cannot be taken back', async () => {
    const { state, ports } = world();
    const look = async (startOffsets: ReadonlyMap<number, number>): Promise<void> => {
      expect([...startOffsets]).toEqual([
        [0, 0],
        [1, 10],
      ]);
      throw new Error('nothing_accepted');
    };
    await expect(seedTopic(ORDER, { ...ports, look })).rejects.toThrow('nothing_accepted');
    expect([state.rows, state.lists.size]).toEqual([[], 0]);
  });

  test.each([
    ['begins elsewhere', (seed: Seed) => ({ ...seed, startOffset: seed.startOffset + 5 })],
    ['has other settings', (seed: Seed) => withFirst(seed, { decision: { ...settings.decision, maxAmount: '7' } })],
    ['has rules', (seed: Seed) => withFirst(seed, { rules: { sha256: 'a', revision: 1 } as never })],
    ['knows another list', (seed: Seed) => withFirst(seed, { generation: { partitions: 2 } as never })],
  ])('without known ids, a seed of somebody else that %s is an error, though nothing is known', async (_, change) => {
    const others = world();
    await seedTopic({ settings }, others.ports);
    const { state, ports } = world({
      meanwhile: () => void state.rows.push(...others.state.rows.map((row) => change(row as never) as never)),
    });
    await expect(seedTopic({ settings }, ports)).rejects.toThrow(/with other start offsets or settings/);
  });

  test('without known ids, the same seed of somebody else is as good', async () => {
    const others = world();
    await seedTopic({ settings }, others.ports);
    const { state, ports } = world({ meanwhile: () => void state.rows.push(...others.state.rows) });
    expect((await seedTopic({ settings }, ports)).partitions).toHaveLength(2);
  });

  test('what needs no table is seen before there are any, and the topic is looked at once', async () => {
    const { state, ports } = world();
    let looks = 0;
    const look = async (): Promise<void> => {
      looks += 1;
    };
    const { sink: _, ...withoutTables } = { ...ports, look };
    const looked = await lookBeforeSeeding(ORDER, withoutTables);
    const sink = { ...ports.sink, readOwnership: () => Promise.reject(new Error('there is no table')) };
    expect((await planSeed(ORDER, { ...ports, sink }, looked)).known).toMatchObject({ ids: 30, knownAtStart: 11 });
    await seedTopic(ORDER, { ...ports, look }, looked);
    expect([state.rows.length, looks]).toEqual([2, 1]);
  });

  test('a processor that seeds in between wins, and the command says that nothing is known', async () => {
    const { state, ports } = world({
      meanwhile: () => {
        for (const partition of [0, 1])
          state.rows.push({ partition, partitionCount: 2, history: [{ fromOffset: 0 }] } as never);
      },
    });
    await expect(seedTopic(ORDER, ports)).rejects.toThrow(/seeded by a processor, or by another run/);
  });
});
