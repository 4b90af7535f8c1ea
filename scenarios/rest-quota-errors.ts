import { defineScenario } from '../src/lab/scenario.ts';

const HOUR_MS = 3_600_000;

/** BigQuery's REST side is over its quotas while a processor takes partitions over, and once more while it queries. */
export const scenario = defineScenario({
  name: 'rest-quota-errors',
  title: 'queries and updates meet 429, 403 rateLimitExceeded, 500 and 503 during a takeover',
  whatCouldGoWrong: 'The processor gives up, or takes an update that was refused for one that was applied.',
  only: { sink: 'bigquery', because: 'REST' },
  guarantees: ['G1', 'G2', 'G6'],
  tags: ['bigquery', 'answers'],
  partitions: 2,
  proxied: true,
  settings: { CHECKPOINT_INTERVAL: '300ms', KAFKA_SESSION_TIMEOUT: '2s' },
  async run(world) {
    const before = await world.send({ seed: 1708, count: 1_500, spanMs: HOUR_MS });
    world.expectSums(before.expectedSums);
    const refusals = [
      { nth: 2, times: 2, answer: { kind: 'answer', status: 429, reason: 'rateLimitExceeded' } as const },
      { nth: 5, times: 2, answer: { kind: 'answer', status: 403, reason: 'rateLimitExceeded' } as const },
      { nth: 8, answer: { kind: 'answer', status: 500, reason: 'internalError' } as const },
      { nth: 10, times: 2, answer: { kind: 'answer', status: 503, reason: 'backendError' } as const },
    ].map((refusal) => world.inject({ what: 'rest_answer', match: { method: 'POST', path: '/jobs' }, ...refusal }));
    const processor = world.start('alpha');
    for (const { fired } of refusals) await fired;
    await world.drain();
    const waited = processor.eventsOf('service.waiting').filter(({ service }) => service === 'bigquery');
    world.bit('the processor says what it waits for', waited.length > 0);
    world.bit('it lived through it', processor.running);
  },
});
