import { defineScenario } from '../src/lab/scenario.ts';

const HOUR_MS = 3_600_000;

/** The store asks for fewer requests, and fails by itself, during a takeover and at work. */
export const scenario = defineScenario({
  name: 'store-throttled',
  title: 'reads and commits meet 503 SlowDown, 500 and 409 of an S3-compatible store',
  whatCouldGoWrong: 'The processor gives up, or takes a commit that was refused for one that landed or was taken.',
  only: { sink: 'delta', because: 'store' },
  needsStore: true,
  guarantees: ['G1', 'G2', 'G6'],
  tags: ['delta', 'answers'],
  partitions: 2,
  proxied: true,
  settings: { CHECKPOINT_INTERVAL: '300ms', DELTA_COMMIT_INTERVAL: '200ms' },
  async run(world) {
    const say = (status: number, reason: string) => ({ kind: 'answer', status, reason }) as const;
    const commit = { method: 'PUT', path: '/_delta_log/' } as const;
    const refusals = [
      world.inject({ what: 'store_answer', match: { method: 'GET' }, nth: 2, times: 8, answer: say(503, 'SlowDown') }),
      world.inject({ what: 'store_answer', match: commit, nth: 2, times: 8, answer: say(503, 'SlowDown') }),
      world.inject({ what: 'store_answer', match: commit, nth: 14, times: 3, answer: say(500, 'InternalError') }),
      world.inject({
        what: 'store_answer',
        match: commit,
        nth: 20,
        times: 3,
        answer: say(409, 'ConditionalRequestConflict'),
      }),
      world.inject({
        what: 'store_answer',
        match: { method: 'PUT', path: '.parquet' },
        nth: 3,
        times: 6,
        answer: say(503, 'SlowDown'),
      }),
    ];
    const processor = world.start('alpha');
    const sent = await world.send({ seed: 1_975, count: 4_000, ratePerSecond: 600, spanMs: HOUR_MS });
    world.expectSums(sent.expectedSums);
    for (const { fired } of refusals) await fired;
    await world.drain();
    world.bit('it lived through it', processor.running);
  },
});
