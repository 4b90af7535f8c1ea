/**
 * The real sink on Delta Lake in the simulated world: a fixed number of seeds, each with crashes, lost answers, late puts, a store
 * that is away, compaction and clean-up drawn from it, must pass the independent judge.
 */
import { describe, expect, it } from 'vitest';
import type { SimFault } from '../../fault.ts';
import type { CasePlan } from './case-plan.ts';
import { drawDeltaCase } from './draw-delta.ts';
import { CALM } from './noise.ts';
import { runCase, runCaseInWorld } from './sim-case.ts';
import { DEFAULT_DIALS, drawWorkload } from './workload.ts';

const DRAWN_CASES = 12;
const FIRST_SEED = 20_260_301;

/** Two processes, nothing wrong but what is planned. */
function calmCase(faults: readonly SimFault[], changes: Partial<CasePlan> = {}): CasePlan {
  const { partitions = 2 } = changes;
  const workload = drawWorkload({ ...DEFAULT_DIALS, seed: 1, partitions });
  const plan = { seed: 1, partitions, processes: ['a', 'b'], workload, faults, noise: CALM, healAtMs: 60_000 };
  return { ...plan, sink: 'delta', ...changes };
}

describe('the processor on Delta Lake in the simulated world', () => {
  it('without faults writes what the judge computes, and drains', async () => {
    const { outcome, world } = await runCaseInWorld(calmCase([]));
    expect([outcome.verdict, outcome.failures]).toEqual(['PASS', []]);
    const { rows } = world.stored.held();
    expect(rows.payment_transactions.length).toBeGreaterThan(150);
    expect(rows.payment_metrics_partials.length).toBeGreaterThan(50);
    expect(new Set(rows.payment_exceptions.map(({ row }) => row.disposition)).size).toBe(3);
    // One commit a table gathers the rows of all partitions; log checkpoints come every few.
    expect(world.delta!.store.log('payment_transactions')!.version).toBeLessThan(200);
    expect(outcome.marks.get('log_checkpoint_written')).toBeGreaterThan(0);
  });

  it('in real Parquet files writes the same rows', async () => {
    const plain = await runCaseInWorld(calmCase([]));
    const parquet = await runCaseInWorld(calmCase([], { parquet: true }));
    expect(parquet.outcome.verdict).toBe('PASS');
    expect(parquet.world.stored.held().rows).toEqual(plain.world.stored.held().rows);
    expect(parquet.outcome.traceDigest).toBe(plain.outcome.traceDigest);
  });

  it(`passes ${DRAWN_CASES} drawn cases, which strike as they should`, async () => {
    const marks = new Set<string>();
    for (let seed = FIRST_SEED; seed < FIRST_SEED + DRAWN_CASES; seed++) {
      const outcome = await runCase(drawDeltaCase(seed, { records: 100 }));
      expect([seed, outcome.verdict, outcome.failures, outcome.unknown]).toEqual([seed, 'PASS', [], []]);
      for (const mark of outcome.marks.keys()) marks.add(mark);
    }
    for (const mark of ['put_conflict', 'put_landed_unknown', 'put_lost', 'fenced_by_commit', 'log_cleaned_up'])
      expect(marks).toContain(mark);
    expect(marks).toContain('takeover_from_the_living');
    expect(marks).toContain('compaction_beside');
  }, 60_000);

  it('gives one seed one story', async () => {
    const plan = drawDeltaCase(7, { records: 60 });
    expect((await runCase(plan)).traceDigest).toBe((await runCase(plan)).traceDigest);
    expect(drawDeltaCase(7)).toEqual(drawDeltaCase(7));
  });

  it('is not disturbed by compaction and clean-up of another engine', async () => {
    const tables = ['payment_transactions', 'payment_exceptions', 'checkpoint_log'] as const;
    const faults = [5, 9, 13].flatMap((second): SimFault[] =>
      tables.flatMap((table): SimFault[] => [
        { what: 'compaction', table, when: { atMs: second * 1_000 } },
        { what: 'log_cleanup', table, when: { atMs: second * 1_000 + 500 } },
      ]),
    );
    const { outcome } = await runCaseInWorld(calmCase(faults));
    expect([outcome.verdict, outcome.failures, outcome.fired.length]).toEqual(['PASS', [], faults.length]);
    expect(outcome.events.get('partition.stopped') ?? 0).toBe(0);
  });

  it('stops by name where another engine adds rows', async () => {
    const fault: SimFault = { what: 'foreign_rows', table: 'payment_exceptions', when: { atMs: 8_000 } };
    const { outcome } = await runCaseInWorld(calmCase([fault], { partitions: 1, processes: ['a'] }));
    expect([outcome.verdict, outcome.failures]).toEqual(['PASS', []]);
    expect(outcome.timeline.filter((line) => line.includes('"code":"table_changed"'))).not.toEqual([]);
  });

  it('stops by name at a takeover where a log checkpoint forgot how far the tables are', async () => {
    const faults: SimFault[] = [
      { what: 'log_cleanup', table: 'payment_transactions', txns: false, when: { atMs: 12_000 } },
      { what: 'crash', process: 'a', restartAfterMs: 1_000, when: { atMs: 11_999 } },
    ];
    const { outcome } = await runCaseInWorld(calmCase(faults, { partitions: 1, processes: ['a'] }));
    expect([outcome.verdict, outcome.failures]).toEqual(['PASS', []]);
    expect(outcome.timeline.filter((line) => line.includes('"code":"rows_lost"'))).not.toEqual([]);
  });
});
