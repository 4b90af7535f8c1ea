import { defineScenario } from '../src/lab/scenario.ts';

const HOUR_MS = 3_600_000;
/** Words of the statement by which a processor makes a partition its own. */
const CLAIM = 'claim_id = c.claim_id';

/** The claim of a partition is applied in BigQuery, and the answer that says so is lost; with records waiting. */
export const scenario = defineScenario({
  name: 'rest-answer-lost',
  title: 'a claim wins although its answer is lost',
  whatCouldGoWrong:
    'The processor believes that it lost and never writes, or claims again and fences itself while it is at work.',
  only: { sink: 'bigquery', because: 'REST' },
  guarantees: ['G1', 'G2', 'G6'],
  tags: ['test', 'bigquery', 'answers'],
  partitions: 2,
  proxied: true,
  settings: { CHECKPOINT_INTERVAL: '300ms', KAFKA_SESSION_TIMEOUT: '2s' },
  async run(world) {
    const before = await world.send({
      seed: 1706,
      count: 1_000,
      spanMs: HOUR_MS,
      baseTimeMs: world.nowMs() - 3 * HOUR_MS,
    });
    world.expectSums(before.expectedSums);
    const lose = () =>
      world.inject({
        what: 'rest_answer',
        match: { method: 'POST', path: '/jobs', body: CLAIM },
        answer: { kind: 'lose-answer' },
      });
    const firstLost = lose();
    const first = world.start('alpha');
    await firstLost.fired;
    await first.waitFor('takeover.running', 60_000);
    const after = await world.send({ seed: 1707, count: 1_000, spanMs: HOUR_MS });
    world.expectSums(after.expectedSums);
    await first.kill();

    const secondLost = lose();
    const second = world.start('alpha');
    await secondLost.fired;
    await second.waitFor('takeover.running', 60_000);
    await world.drain();
    const claims = [...first.eventsOf('takeover.claimed'), ...second.eventsOf('takeover.claimed')];
    world.bit('each process claimed each partition', new Set(claims.map((c) => `${c.epoch}:${c.partition}`)).size >= 4);
  },
});
