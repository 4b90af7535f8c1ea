import { defineScenario } from '../src/lab/scenario.ts';

const HOUR_MS = 3_600_000;

/** Answers to commits come late: the owner is killed while they are on the way, and another one takes over beside them. */
export const scenario = defineScenario({
  name: 'store-slow',
  title: 'commits take seconds, and their owner is killed in the middle of some',
  whatCouldGoWrong: 'A commit of the old owner lands behind those of the new one, and rows are there twice.',
  only: { sink: 'delta', because: 'store' },
  needsStore: true,
  guarantees: ['G1', 'G2', 'G3', 'G6'],
  tags: ['delta', 'answers', 'crash'],
  partitions: 2,
  proxied: true,
  settings: { CHECKPOINT_INTERVAL: '300ms', DELTA_COMMIT_INTERVAL: '200ms', KAFKA_SESSION_TIMEOUT: '2s' },
  async run(world) {
    const first = world.start('alpha');
    await first.waitFor('takeover.running', 60_000);
    const hold = { kind: 'hold-answer', delayMs: 3_000 } as const;
    const commit = { method: 'PUT', path: '/_delta_log/' } as const;
    const slow = world.inject({ what: 'store_answer', match: commit, nth: 5, times: 12, answer: hold });
    const sending = world.send({ seed: 1_985, count: 4_000, ratePerSecond: 800, spanMs: HOUR_MS });
    await slow.fired;
    await first.kill();
    const second = world.start('beta');
    await second.waitFor('takeover.running', 120_000);
    world.expectSums((await sending).expectedSums);
    await world.drain();
    const epochs = await world.count('SELECT MAX(epoch) FROM `{dataset}.partition_ownership`');
    world.bit('another owner took over', epochs >= 2);
  },
});
