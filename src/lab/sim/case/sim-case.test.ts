/**
 * The real processor and append client in the simulated world: a fixed number of seeds, each with crashes and other faults
 * drawn from it, must leave no duplicate, no loss below a checkpoint and no row that differs from a run without faults. And
 * the other half: weakened processors must be found by the same seeds.
 */

import { describe, expect, it } from 'vitest';
import type { SkippedRange } from '../../../processor/ports.ts';
import type { ExitReport } from '../../../processor/processor.ts';
import type { SimFault } from '../../fault.ts';
import { EPOCH_MS } from '../world/context.ts';
import type { SimWiring } from '../world/processor-main.ts';
import { Rng } from '../world/rng.ts';
import type { World } from '../world/world.ts';
import type { CasePlan } from './case-plan.ts';
import { drawCase } from './draw-case.ts';
import { CALM } from './noise.ts';
import { type CaseOutcome, runCase, runCaseInWorld } from './sim-case.ts';
import { checkTables } from './table-checks.ts';
import { DEFAULT_DIALS, drawWorkload } from './workload.ts';

const PROCESSES = ['a', 'b'];

/** Two processes, nothing wrong but what is planned. */
function calmCase(faults: readonly SimFault[], seed = 1): CasePlan {
  const workload = drawWorkload({ ...DEFAULT_DIALS, seed });
  return { seed, partitions: 2, processes: PROCESSES, workload, faults, noise: CALM, healAtMs: 60_000 };
}

describe('the processor in the simulated world', () => {
  it('without faults writes what the fold yields, and drains', async () => {
    const { outcome, world } = await runCaseInWorld(calmCase([]));
    expect([outcome.verdict, outcome.failures]).toEqual(['PASS', []]);
    expect(world.bigquery.rows('payment_transactions').length).toBeGreaterThan(150);
    expect(world.bigquery.rows('payment_metrics_partials').length).toBeGreaterThan(50);
    expect(new Set(world.bigquery.rows('payment_exceptions').map(({ row }) => row.disposition)).size).toBe(3);
  });

  it('without faults loses no partition, and makes a checkpoint about each second, stamped by its clock', async () => {
    const { outcome, world } = await runCaseInWorld(calmCase([]));
    expect(outcome.events.get('partition.fenced') ?? 0).toBe(0);
    expect(outcome.events.get('takeover.claimed')).toBe(2);
    expect(outcome.events.get('checkpoint.written')).toBeGreaterThan(30);
    for (const { stamp } of world.bigquery.tables.landed('payment_transactions')) {
      expect(stamp.processedAtMs).toBeGreaterThanOrEqual(EPOCH_MS);
      expect(stamp.processedAtMs).toBeLessThanOrEqual(EPOCH_MS + world.nowMs);
    }
  });

  it('without an emulator waits for streams and tables that are not known yet, and takes nothing over for it', async () => {
    const notFound = (point: string, hits: number): SimFault[] =>
      Array.from({ length: hits }, (_, i) => ({
        what: 'answer',
        effect: 'not_found',
        when: { point, hit: i + 1 },
      }));
    const faults = [...notFound('create_stream', 5), ...notFound('append', 8)];
    const { outcome } = await runCaseInWorld({ ...calmCase(faults), isEmulator: false });
    expect([outcome.verdict, outcome.failures, outcome.fired.length]).toEqual(['PASS', [], faults.length]);
    expect(outcome.events.get('partition.fenced') ?? 0).toBe(0);
    expect(outcome.events.get('takeover.claimed')).toBe(2);
  });

  it('keeps the guarantee through crashes and drawn faults; a check that uses the fold agrees with the oracle', async () => {
    let fired = 0;
    for (let seed = 1; seed <= 60; seed++) {
      const drawn = drawCase(seed, { damageChance: 0 });
      const { outcome, world } = await runCaseInWorld(drawn);
      expect([seed, outcome.verdict, outcome.failures, outcome.unknown]).toEqual([seed, 'PASS', [], []]);
      // It folds each partition alone, and does not know what a new partition learns of the others.
      const isRescaled = drawn.faults.some(({ what }) => what === 'rescale');
      // A partition that stops at a schema that nobody knows has its rows up to there.
      const isWhole = drawn.registry?.unknownIds === undefined;
      if (!isRescaled) expect([seed, checkTables(world, isWhole)]).toEqual([seed, []]);
      fired += outcome.fired.length;
    }
    expect(fired).toBeGreaterThan(60 * 3);
  }, 60_000);

  it('uses a local state that only transaction markers lie between and the checkpoint (once a false stop)', async () => {
    const originals = {
      ...DEFAULT_DIALS,
      partitions: 1,
      malformedChance: 0,
      transactionChance: 0,
      records: 6,
      spanMs: 0,
    };
    const [last, ...first] = drawWorkload(originals).reverse();
    const aborted = { ...last!, atMs: 8_000, transaction: { outcome: 'abort', openForMs: 100 } } as const;
    const { outcome, world } = await runCaseInWorld({
      ...calmCase([
        // The first is the fresh state, the second follows the records, the third the markers.
        { what: 'answer', effect: 'lost_before', when: { point: 'save', hit: 3 } },
        { what: 'crash', process: 'a', when: { atMs: 20_000 } },
      ]),
      partitions: 1,
      processes: ['a'],
      workload: [...first.reverse(), aborted],
    });
    expect([outcome.verdict, outcome.failures]).toEqual(['PASS', []]);
    expect(world.fired).toHaveLength(2);
    expect(world.trace.lines.join('\n')).toMatch(/"state.restored",.*"how":"local","fromOffset":5,"atOffset":7/);
  });

  it('tells the same story byte for byte for the same seed, also after other runs', async () => {
    const seeds = [3, 14, 15, 92, 65];
    const digestOf = async (seed: number): Promise<string> => (await runCase(drawCase(seed))).traceDigest;
    const once: string[] = [];
    for (const seed of seeds) once.push(await digestOf(seed));
    const again: string[] = [];
    for (const seed of seeds.toReversed()) again.unshift(await digestOf(seed));
    expect(again).toEqual(once);
    expect(new Set(once).size).toBe(seeds.length);
  });
});

describe('a log that contradicts the guarantee ends in a named error', () => {
  const stopped = (outcome: CaseOutcome): string[] =>
    outcome.timeline.flatMap((line) => /"partition.stopped".*?"code":"(\w+)"/.exec(line)?.[1] ?? []);
  const contradictions: readonly (readonly [string, readonly SimFault[]])[] = [
    [
      'retention_gap',
      [
        { what: 'bigquery_down', forMs: 15_000, when: { atMs: 4_000 } },
        { what: 'crash', process: 'a', when: { atMs: 5_000 } },
        { what: 'crash', process: 'b', when: { atMs: 5_000 } },
        { what: 'retention', partition: 0, records: 60, when: { atMs: 18_000 } },
      ],
    ],
    ['log_truncated', [{ what: 'truncation', partition: 0, records: 90, when: { atMs: 19_950 } }]],
    ['log_changed', [{ what: 'recreate', when: { atMs: 9_500 } }]],
    ['rows_refused', [{ what: 'answer', effect: 'rows_refused', when: { point: 'append', hit: 20 } }]],
    ['append_refused', [{ what: 'answer', effect: 'append_refused', when: { point: 'append', hit: 20 } }]],
  ];

  it('a process whose other partitions went to somebody else ends, since none of its partitions can continue', async () => {
    const { outcome, world } = await runCaseInWorld(
      calmCase([
        { what: 'stop', process: 'b', restartAfterMs: 20_000, when: { atMs: 1_000 } },
        { what: 'truncation', partition: 0, records: 5, when: { atMs: 12_000 } },
      ]),
    );
    expect([outcome.verdict, outcome.failures, outcome.fired.length]).toEqual(['PASS', [], 2]);
    const exits = world.processes.get('a')!.exits.map(({ value }) => value as ExitReport);
    const why = expect.stringMatching(/^no partition can .*: log_changed: partition 0: /);
    expect(exits).toMatchObject([{ exitCode: 65, why, error: { code: 'log_changed' } }]);
    // Its successor in partition 0 stops that too, and continues with the other.
    expect(world.bigquery.tables.checkpointed(1)).toBe(world.kafka.partition(1).endOffset);
  });

  it.each(contradictions)('%s', async (code, faults) => {
    const outcome = await runCase(calmCase(faults));
    expect(outcome.fired).toHaveLength(faults.length);
    expect([outcome.verdict, outcome.failures]).toEqual(['PASS', []]);
    expect(new Set(stopped(outcome))).toContain(code);
  });
});

describe('records deleted ahead of a processor that is at work', () => {
  it('stop the partition only after what was folded before them is written: it is nowhere else then', async () => {
    const { outcome, world } = await runCaseInWorld({
      ...calmCase([
        { what: 'bigquery_down', forMs: 12_000, when: { atMs: 6_000 } },
        { what: 'leader_loss', partition: 0, forMs: 10_000, when: { atMs: 6_500 } },
        { what: 'retention', partition: 0, records: 100, when: { atMs: 15_000 } },
      ]),
      partitions: 1,
      processes: ['a'],
      workload: drawWorkload({ ...DEFAULT_DIALS, seed: 1, partitions: 1, transactionChance: 0 }),
      mustFire: true,
    });
    expect([outcome.verdict, outcome.failures, outcome.unknown]).toEqual(['PASS', [], []]);
    const lines = world.trace.lines.join('\n');
    const gap = /"partition.stopped".*offsets (\d+) to 99 were deleted/.exec(lines);
    expect(world.bigquery.tables.checkpointed(0)).toBe(Number(gap?.[1]));
  });
});

describe('offsets given up by an operator', () => {
  const gap: readonly SimFault[] = [
    { what: 'crash', process: 'a', restartAfterMs: 20_000, when: { atMs: 5_000 } },
    { what: 'retention', partition: 0, records: 60, when: { atMs: 18_000 } },
  ];
  const oneOwner = (faults: readonly SimFault[], seed = 1): CasePlan => {
    const workload = drawWorkload({ ...DEFAULT_DIALS, seed, partitions: 1 });
    return { ...calmCase(faults, seed), partitions: 1, processes: ['a'], workload, mustFire: true };
  };
  const skippedIn = ({ bigquery, kafka }: World) => bigquery.ownership.read(kafka.topic).map(({ skipped }) => skipped);

  it('are jumped over where retention took them, and nothing else is', async () => {
    const skip: SimFault = { what: 'skip', partition: 0, ahead: 0, records: 1, when: { atMs: 20_000 } };
    const { outcome, world } = await runCaseInWorld(oneOwner([...gap, skip]));
    expect([outcome.verdict, outcome.failures, outcome.unknown]).toEqual(['PASS', [], []]);
    const [[range]] = skippedIn(world) as [[SkippedRange]];
    expect(range).toMatchObject({ to: 60, reason: 'poison', by: 'operator' });
    expect(range.from).toBeLessThan(60);
    expect(outcome.events.has('partition.stopped')).toBe(false);
    const last = world.bigquery.rows('checkpoint_log').at(-1)!.row;
    expect(last.nextOffset).toBe(world.kafka.partition(0).endOffset);
  });

  it('may be the end of the log: the place behind them is checkpointed all the same', async () => {
    const skip: SimFault = { what: 'skip', partition: 0, ahead: 0, records: 1_000, when: { atMs: 22_000 } };
    const { outcome, world } = await runCaseInWorld(oneOwner([gap[0]!, skip]));
    expect([outcome.verdict, outcome.failures, outcome.unknown]).toEqual(['PASS', [], []]);
    const { endOffset } = world.kafka.partition(0);
    expect(skippedIn(world)).toEqual([[expect.objectContaining({ to: endOffset })]]);
    expect(world.bigquery.tables.checkpointed(0)).toBe(endOffset);
  });

  it('are put, or refused, beside owners that run and die, whenever the operator dies: the rows are exact', async () => {
    let put = 0;
    let died = 0;
    for (let seed = 1; seed <= 40; seed++) {
      const rng = new Rng(seed, 'operator dies');
      const faults: SimFault[] = [
        { what: 'skip', partition: 0, ahead: rng.between(0, 4), records: rng.between(1, 30), when: { atMs: 6_000 } },
        {
          what: 'skip',
          partition: 1,
          ahead: 0,
          records: rng.between(1, 30),
          when: { atMs: rng.between(6_000, 15_000) },
        },
        {
          what: 'crash',
          process: 'operator-2',
          restartAfterMs: 800,
          when: { atMs: 6_000 + rng.between(1, 300) },
        },
        { what: 'crash', process: 'a', restartAfterMs: 500, when: { atMs: rng.between(5_000, 9_000) } },
        { what: 'pause', process: 'b', forMs: 9_000, when: { atMs: rng.between(5_500, 7_000) } },
      ];
      const { outcome, world } = await runCaseInWorld({ ...calmCase(faults, seed), separateGroups: rng.chance(0.3) });
      expect([seed, outcome.verdict, outcome.failures, outcome.unknown]).toEqual([seed, 'PASS', [], []]);
      expect([seed, checkTables(world, true)]).toEqual([seed, []]);
      put += skippedIn(world).flat().length;
      died += outcome.timeline.filter((line) => /operator-2 crashes/.test(line)).length;
    }
    expect(put).toBeGreaterThan(20);
    expect(died).toBeGreaterThan(5);
  }, 60_000);
});

describe('a log that was made anew', () => {
  it('adds no row to any table once rows of the old one are there (once it did, to tables that had none)', async () => {
    const dials = {
      ...DEFAULT_DIALS,
      partitions: 1,
      malformedChance: 0,
      duplicateChance: 0,
      transactionChance: 0,
      spanMs: 0,
    };
    const before = drawWorkload({ ...dials, records: 3 });
    const after = drawWorkload({ ...dials, seed: 2, records: 30 }).map((record) => ({ ...record, atMs: 9_000 }));
    const { outcome, world } = await runCaseInWorld({
      ...calmCase([
        { what: 'answer', effect: 'lost_before', when: { point: 'append', hit: 1 } },
        { what: 'crash', restartAfterMs: 10_000, when: { point: 'append.payment_transactions_fraud.after', hit: 1 } },
        { what: 'recreate', when: { atMs: 8_000 } },
      ]),
      partitions: 1,
      processes: ['a'],
      workload: [...before, ...after],
      mustFire: true,
    });
    expect([outcome.verdict, outcome.failures, outcome.unknown]).toEqual(['PASS', [], []]);
    expect(outcome.timeline.join('\n')).toMatch(/"partition.stopped".*"rows_differ"/);
    expect(world.bigquery.rows('payment_transactions_fraud').length).toBeGreaterThan(0);
    expect(world.bigquery.rows('payment_transactions')).toEqual([]);
  });
});

describe('the lab can fail: weakened processors are found', () => {
  const override = <T extends object>(target: T, methods: Partial<T>): T =>
    new Proxy(target, {
      get(object, name) {
        const value = methods[name as keyof T] ?? object[name as keyof T];
        return typeof value === 'function' ? value.bind(object) : value;
      },
    });
  const weakenings: Record<string, (wiring: SimWiring) => SimWiring> = {
    'takes over without finalizing': (ports) => ({
      ...ports,
      streams: override(ports.streams, { finalize: () => Promise.resolve({ state: 'gone' }) }),
    }),
    'does not look at what is there already': (ports) => ({
      ...ports,
      queries: override(ports.queries, { rowsFrom: () => Promise.resolve([]) }),
      streams: override(ports.streams, {
        finalize: async (stream) => {
          await ports.streams.finalize(stream);
          return { state: 'gone' };
        },
      }),
    }),
    'counts an append as done when it is sent': (ports) => ({
      ...ports,
      streams: override(ports.streams, {
        open(stream) {
          const appender = ports.streams.open(stream);
          const append = (rows: Parameters<typeof appender.append>[0]): Promise<void> => {
            appender.append(rows).catch(() => {});
            return Promise.resolve();
          };
          return { append, close: () => appender.close() };
        },
      }),
    }),
  };

  it.each(Object.entries(weakenings))('%s', async (_, weaken) => {
    const broken = new Set<string | null>();
    for (let seed = 1; seed <= 60 && !broken.has('G1'); seed++) {
      const { failures } = await runCase({ ...drawCase(seed, { damageChance: 0 }), isEmulator: true }, { weaken });
      for (const { guarantee } of failures) broken.add(guarantee);
    }
    expect(broken).toContain('G1');
  });
});
