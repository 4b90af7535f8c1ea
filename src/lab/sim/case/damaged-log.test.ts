/** Record batches that nobody can read, in the simulated world: the real processor stops by name, after all that it can write is written. */
import { describe, expect, it } from 'vitest';
import type { ExitReport } from '../../../processor/processor.ts';
import type { SimFault } from '../../fault.ts';
import type { CasePlan } from './case-plan.ts';
import { CALM } from './noise.ts';
import { runCaseInWorld } from './sim-case.ts';
import { DEFAULT_DIALS, drawWorkload } from './workload.ts';

describe('a record batch with a flipped bit', () => {
  const AT = 70;
  const oneOwner = (faults: readonly SimFault[]): CasePlan => ({
    seed: 1,
    partitions: 1,
    processes: ['a'],
    faults,
    noise: CALM,
    healAtMs: 60_000,
    workload: drawWorkload({ ...DEFAULT_DIALS, seed: 1, partitions: 1, transactionChance: 0 }),
    mustFire: true,
  });
  const damage: SimFault = { what: 'damage', partition: 0, offset: AT, records: 5, when: { atMs: 1 } };

  it('stops its partition in bounded time, after all that was folded before it is written and checkpointed', async () => {
    const { outcome, world } = await runCaseInWorld(oneOwner([damage]));
    expect([outcome.verdict, outcome.failures, outcome.unknown]).toEqual(['PASS', [], []]);
    expect(world.trace.lines.join('\n')).toMatch(/"partition.stopped".*"code":"batch_damaged"/);
    expect(world.bigquery.tables.checkpointed(0)).toBe(AT);
    const exits = world.processes.get('a')!.exits.map(({ value }) => value as ExitReport);
    expect(exits).toMatchObject([{ exitCode: 65, error: { code: 'batch_damaged' } }]);
  });

  it('is given up by an operator, and the partition continues behind it', async () => {
    const skip: SimFault = { what: 'skip', partition: 0, ahead: 0, records: 5, when: { atMs: 30_000 } };
    const restart: SimFault = { what: 'crash', process: 'a', restartAfterMs: 25_000, when: { atMs: 9_000 } };
    const { outcome, world } = await runCaseInWorld(oneOwner([{ ...damage, offset: 20 }, restart, skip]));
    expect(outcome.failures).toEqual([]);
    const [row] = world.bigquery.ownership.read(world.kafka.topic);
    expect(row?.skipped).toMatchObject([{ from: 20, to: 25 }]);
    expect(world.bigquery.tables.checkpointed(0)).toBe(world.kafka.partition(0).endOffset);
  });

  it('costs nothing where only its way was bad: it comes whole over a new connection', async () => {
    const { outcome, world } = await runCaseInWorld(oneOwner([{ ...damage, once: true }]));
    expect([outcome.verdict, outcome.failures, outcome.unknown]).toEqual(['PASS', [], []]);
    expect(outcome.events.has('partition.stopped')).toBe(false);
    expect(world.bigquery.tables.checkpointed(0)).toBe(world.kafka.partition(0).endOffset);
  });

  it('below the checkpoint stops nobody who has no need of it: a stale local state gives way to the tables', async () => {
    const { outcome, world } = await runCaseInWorld(
      oneOwner([
        { what: 'crash', process: 'a', restartAfterMs: 1_000, when: { atMs: 15_000 } },
        { what: 'disk', process: 'a', effect: 'stale', when: { atMs: 15_001 } },
        { ...damage, offset: 128, when: { atMs: 15_002 } },
      ]),
    );
    expect([outcome.verdict, outcome.failures, outcome.unknown]).toEqual(['PASS', [], []]);
    expect(world.trace.lines.join('\n')).toContain(
      'the log cannot be read (batch_damaged) while it was folded forward',
    );
    expect(world.bigquery.tables.checkpointed(0)).toBe(world.kafka.partition(0).endOffset);
  });
});
