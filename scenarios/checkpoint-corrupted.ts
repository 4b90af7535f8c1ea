import type { DiskEffect } from '../chaos/fault.ts';
import { defineScenario } from '../src/lab/scenario.ts';

/** Three spans are less than the watermark delay: copies come while their payments are known. */
const SPAN_MS = 15 * 60_000;
const DAMAGE: readonly DiskEffect[] = ['corrupted', 'truncated'];

/** kill -9, and what is on the disk is not what was written: one bit turned over, then half of each file missing. */
export const scenario = defineScenario({
  name: 'checkpoint-corrupted',
  title: 'the local state is damaged between two lives: a bit flipped, then files cut in half',
  whatCouldGoWrong:
    'A state that lies is believed: ids are forgotten, sums are off, or the process dies on every start.',
  guarantees: ['G1', 'G2', 'G3', 'G4', 'G5'],
  tags: ['checkpoint'],
  partitions: 2,
  settings: { CHECKPOINT_INTERVAL: '300ms', KAFKA_SESSION_TIMEOUT: '2s' },
  async run(world) {
    const startedMs = world.nowMs();
    const workload = (part: number) => ({
      seed: 1710 + part,
      count: 1_000,
      spanMs: SPAN_MS,
      baseTimeMs: startedMs - (3 - part) * SPAN_MS,
    });
    let working = world.start('alpha');
    world.expectSums((await world.send(workload(0))).expectedSums);
    await world.drain();
    for (const [round, effect] of DAMAGE.entries()) {
      await working.kill();
      world.expectSums((await world.send(workload(round + 1))).expectedSums);
      // Copies of what was known before the damage.
      await world.send(workload(round));
      await world.inject({ what: 'disk', effect, process: 'alpha' }).fired;
      working = world.start('alpha');
      await world.drain();
      const rebuilt = working.eventsOf('state.restored').filter(({ how }) => how === 'rebuilt');
      world.bit(`local state ${effect}: found out, and rebuilt from BigQuery`, rebuilt.length > 0);
      const copies = await world.count(
        "SELECT COUNT(*) FROM `{dataset}.payment_exceptions` WHERE disposition = 'duplicate'",
      );
      world.bit(`local state ${effect}: copies of what came before were known`, copies > 600 * (round + 1));
    }
  },
});
