import { defineScenario, type ScenarioWorld } from '../src/lab/scenario.ts';

const HOUR_MS = 3_600_000;
const RESTARTS = 5;

/** A supervisor that knows no mercy: the processor is killed at a drawn moment of its start or its work, five times. */
export const scenario = defineScenario({
  name: 'restart-storm',
  title: 'kill -9 five times in a row, each time a drawn moment after the start',
  whatCouldGoWrong: 'Claims, streams and rows of half-finished takeovers pile up until a later one misreads them.',
  guarantees: ['G1', 'G2', 'G3', 'G5', 'G6'],
  tags: ['crash'],
  partitions: 2,
  settings: { CHECKPOINT_INTERVAL: '300ms', KAFKA_SESSION_TIMEOUT: '1500ms' },
  async run(world) {
    const before = await world.send({
      seed: 1810,
      count: 1_000,
      spanMs: HOUR_MS,
      baseTimeMs: world.nowMs() - 3 * HOUR_MS,
    });
    world.expectSums(before.expectedSums);
    const storm = killAgainAndAgain(world);
    const sent = await world.send(
      { seed: 1811, count: 60_000, ratePerSecond: 500, spanMs: HOUR_MS },
      { stopWhen: storm },
    );
    await storm;
    world.expectSums(sent.expectedSums);
    world.start('alpha');
    await world.drain();
    const epochs = await world.count('SELECT MAX(epoch) FROM `{dataset}.partition_ownership`');
    world.bit(`every life claimed (epoch ${epochs})`, epochs > RESTARTS);
  },
});

async function killAgainAndAgain(world: ScenarioWorld): Promise<void> {
  for (let i = 0; i < RESTARTS; i++) {
    const processor = world.start('alpha');
    await processor.waitFor('takeover.claimed', 60_000);
    const when = { afterMs: world.random.below(800) };
    await world.inject({ what: 'crash', process: 'alpha', when }).fired;
  }
}
