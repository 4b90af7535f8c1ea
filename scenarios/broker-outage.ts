import { defineScenario } from '../src/lab/scenario.ts';

const HOUR_MS = 3_600_000;
const AWAY_MS = 4_000;

/** The broker is killed while one processor works, and is not there while another one starts. Nobody touches either. */
export const scenario = defineScenario({
  name: 'broker-outage',
  title: 'the Kafka broker is killed and comes back; one processor is at work, one starts meanwhile',
  whatCouldGoWrong: 'A processor ends, hangs for good, or continues at a wrong offset.',
  guarantees: ['G1', 'G2', 'G6'],
  tags: ['kafka', 'outage'],
  partitions: 2,
  needsOwnInfra: true,
  settings: { CHECKPOINT_INTERVAL: '300ms', KAFKA_SESSION_TIMEOUT: '3s' },
  async run(world) {
    const working = world.start('alpha');
    const before = await world.send({
      seed: 606,
      count: 2_000,
      spanMs: HOUR_MS,
      baseTimeMs: world.nowMs() - 2 * HOUR_MS,
    });
    world.expectSums(before.expectedSums);
    await working.waitFor('checkpoint.written', 60_000);

    await world.broker.kill();
    const starting = world.start('beta');
    for (const processor of [working, starting]) {
      const { what } = await processor.waitFor('service.waiting', 60_000, ({ service }) => service === 'kafka');
      world.bit(`${processor.name} waits for Kafka and says so (${what})`, true);
    }
    await world.sleep(AWAY_MS);
    await world.broker.start();

    const after = await world.send({ seed: 607, count: 2_000, spanMs: HOUR_MS });
    world.expectSums(after.expectedSums);
    await starting.waitFor('processor.started', 60_000);
    await world.drain();
    world.bit('both processors lived through it', working.running && starting.running);
    const worked = await world.count('SELECT SUM(consumed) FROM `{dataset}.pipeline_health`');
    world.bit('all of it was processed', worked === before.acked + after.acked);
  },
});
