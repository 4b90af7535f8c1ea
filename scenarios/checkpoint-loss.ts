import { defineScenario } from '../src/lab/scenario.ts';

const HOUR_MS = 3_600_000;

/**
 * The volume with the local state is gone after a kill -9. What the processor remembered (ids, open windows, sender
 * activity) is rebuilt from BigQuery, and a producer then sends everything from before the loss once more.
 */
export const scenario = defineScenario({
  name: 'checkpoint-loss',
  title: 'kill -9, the checkpoint directory deleted, and copies of everything from before',
  whatCouldGoWrong:
    'A processor that trusts its checkpoint directory starts from nothing: it reads everything again, or forgets every id.',
  guarantees: ['G1', 'G2', 'G3', 'G4', 'G5', 'G6'],
  tags: ['test', 'checkpoint', 'crash', 'mission'],
  partitions: 2,
  settings: { CHECKPOINT_INTERVAL: '300ms', KAFKA_SESSION_TIMEOUT: '3s' },
  async run(world) {
    const workload = { seed: 404, count: 3_000, spanMs: 2 * HOUR_MS, baseTimeMs: world.nowMs() - 3 * HOUR_MS };
    const first = world.start('alpha');
    const sent = await world.send(workload);
    world.expectSums(sent.expectedSums);
    await world.drain();
    await first.kill();
    await world.loseCheckpoint('alpha');

    const second = world.start('alpha');
    await world.send(workload);
    const fresh = await world.send({ seed: 405, count: 1_000, spanMs: HOUR_MS });
    world.expectSums(fresh.expectedSums);
    await world.drain();

    const restored = second.eventsOf('state.restored');
    const rebuilt = restored.filter(({ how, ids }) => how === 'rebuilt' && ids > 0);
    world.bit('the state of every partition was rebuilt from BigQuery', rebuilt.length === 2);
    for (const { partition, atOffset: C } of rebuilt) {
      const copies = await world.count(
        `SELECT COUNT(*) FROM \`{dataset}.payment_exceptions\` WHERE disposition = 'duplicate'
         AND kafka_partition = ${partition} AND first_kafka_offset < ${C} AND kafka_offset >= ${C}`,
      );
      world.bit(`partition ${partition}: copies of payments from before the loss came after it`, copies > 0);
    }
  },
});
