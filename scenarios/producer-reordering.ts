import { defineScenario } from '../src/lab/scenario.ts';
import type { LedgerEntry } from '../src/simulator/ledger.ts';

const HOUR_MS = 3_600_000;
const LOST = [6, 14, 15, 30];

/** A producer with five requests in flight loses acknowledgements: what it sends again lands behind what came later. */
export const scenario = defineScenario({
  name: 'producer-reordering',
  title: 'requests of a producer overtake each other, and what is sent again lands after what was sent later',
  whatCouldGoWrong: 'Whoever counts on the order of sending calls payments late, or counts them twice.',
  guarantees: ['G1', 'G2', 'G3', 'G5'],
  tags: ['producer', 'answers'],
  partitions: 2,
  proxied: true,
  settings: { CHECKPOINT_INTERVAL: '300ms' },
  async run(world) {
    const processor = world.start('alpha');
    await processor.waitFor('takeover.running', 60_000);
    const lost = LOST.map((nth) => world.inject({ fault: 'kafka.answer', request: 'produce', nth }));
    const sent = await world.send(
      // None is late by much: which payments are late must not hang on how they overtook each other.
      { seed: 1840, count: 4_000, ratePerSecond: 1_500, spanMs: HOUR_MS, lateShare: 0 },
      { inFlightMax: 5 },
    );
    world.expectSums(sent.expectedSums);
    for (const { fired } of lost) await fired;
    await world.drain();
    const entries = await world.ledger(sent);
    const overtaken = [0, 1].reduce((sum, partition) => sum + overtakenIn(partition, entries), 0);
    world.bit(`records landed after some that were sent later (${overtaken})`, overtaken > 0);
  },
});

/** Records of a partition that lie behind one that was sent after them. */
function overtakenIn(partition: number, entries: readonly LedgerEntry[]): number {
  let newest = -1;
  let overtaken = 0;
  const byOffset = entries.filter((entry) => entry.partition === partition).sort((a, b) => a.offset! - b.offset!);
  for (const { seq } of byOffset) {
    if (seq < newest) overtaken++;
    newest = Math.max(newest, seq);
  }
  return overtaken;
}
