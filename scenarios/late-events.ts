import { defineScenario, type ScenarioWorld } from '../src/lab/scenario.ts';
import type { LedgerEntry } from '../src/simulator/ledger.ts';

const HOUR_MS = 3_600_000;

/**
 * Payments arrive behind the watermark, and copies just inside and just past it, before and after a kill -9: what is late
 * is decided by the log alone, so the crash moves nothing.
 */
export const scenario = defineScenario({
  name: 'late-events',
  title: 'late payments, and copies at the very edge of the watermark, on both sides of a crash',
  whatCouldGoWrong:
    'A watermark that starts over after a crash accepts late payments; ids forgotten too early let a copy through as new.',
  guarantees: ['G1', 'G2', 'G3', 'G6'],
  tags: ['test', 'crash', 'mission'],
  partitions: 2,
  settings: {
    CHECKPOINT_INTERVAL: '300ms',
    KAFKA_SESSION_TIMEOUT: '3s',
    WATERMARK_DELAY: '10m',
    ACCEPT_CLOCK_RISK: 'true',
  },
  async run(world) {
    const workload = {
      seed: 303,
      count: 6_000,
      spanMs: 4 * HOUR_MS,
      watermarkDelayMs: 10 * 60_000,
      lateShare: 0.05,
      duplicateShare: 0.1,
      distances: ['inside', 'past'] as const,
    };
    const first = world.start('alpha');
    await first.waitFor('takeover.running', 60_000);
    const sending = world.send({ ...workload, ratePerSecond: 2_000 });
    const { nextOffset: seen } = await first.waitFor(
      'checkpoint.written',
      60_000,
      ({ counters }) => counters.late > 20,
    );
    await first.kill();
    world.start('alpha');
    const sent = await sending;
    world.expectSums(sent.expectedSums);
    await world.drain();
    const entries = await world.ledger(sent);
    world.bit('the crash came while payments were on their way', entries.length / 2 > seen);

    const stored = await dispositions(world);
    const all = (chosen: LedgerEntry[], disposition: string): boolean =>
      chosen.length > 0 &&
      chosen.every(({ partition, offset }) => stored.get(`${partition}:${offset}`) === disposition);
    const copiesAt = (distance: string): LedgerEntry[] => entries.filter(({ copy }) => copy?.distance === distance);
    world.bit(
      'payments behind the watermark are late',
      all(
        entries.filter(({ kind }) => kind === 'late'),
        'late',
      ),
    );
    world.bit('copies just inside the watermark are duplicates', all(copiesAt('inside'), 'duplicate'));
    world.bit('copies just past it are late', all(copiesAt('past'), 'late'));
  },
});

/** Disposition by `partition:offset`. */
async function dispositions(world: ScenarioWorld): Promise<Map<string, unknown>> {
  const rows = await world.query(
    'SELECT kafka_partition, kafka_offset, disposition FROM `{dataset}.payment_exceptions`',
  );
  return new Map(rows.map((row) => [`${row.kafka_partition}:${row.kafka_offset}`, row.disposition]));
}
