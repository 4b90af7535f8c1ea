import { defineScenario } from '../src/lab/scenario.ts';

/** Two spans are less than the watermark delay: copies come while their payments are known. */
const SPAN_MS = 20 * 60_000;

/** Somebody restores a backup wrongly: each partition finds the local state of the other. */
export const scenario = defineScenario({
  name: 'checkpoint-swapped',
  title: 'the local states of two partitions change places while the processor is down',
  whatCouldGoWrong: "A partition continues with another one's ids and sums.",
  guarantees: ['G1', 'G2', 'G3', 'G4'],
  tags: ['checkpoint'],
  partitions: 2,
  settings: { CHECKPOINT_INTERVAL: '300ms', KAFKA_SESSION_TIMEOUT: '2s' },
  async run(world) {
    const startedMs = world.nowMs();
    const workload = (part: number) => ({
      seed: 1720 + part,
      count: 1_500,
      spanMs: SPAN_MS,
      baseTimeMs: startedMs - (2 - part) * SPAN_MS,
    });
    const first = world.start('alpha');
    world.expectSums((await world.send(workload(0))).expectedSums);
    await world.drain();
    await first.stop();
    world.expectSums((await world.send(workload(1))).expectedSums);
    await world.send(workload(0));
    await world.inject({ what: 'disk', effect: 'foreign', process: 'alpha' }).fired;

    const second = world.start('alpha');
    await world.drain();
    const discarded = second.eventsOf('state.discarded');
    world.bit('both states were found to be foreign', new Set(discarded.map(({ partition }) => partition)).size === 2);
    const rebuilt = second.eventsOf('state.restored').filter(({ how }) => how === 'rebuilt');
    world.bit('and rebuilt from BigQuery', rebuilt.length === 2);
    const copies = await world.count(
      "SELECT COUNT(*) FROM `{dataset}.payment_exceptions` WHERE disposition = 'duplicate'",
    );
    world.bit('copies of what came before were known', copies > 1_000);
  },
});
