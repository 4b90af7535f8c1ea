import { defineScenario } from '../src/lab/scenario.ts';
import type { CrashPoint } from '../src/processor/crash-points.ts';

const HOUR_MS = 3_600_000;

/** Effects that a processor comes by for sure when it starts with work waiting in two partitions, and how often at least. */
const ON_THE_WAY: readonly { readonly point: CrashPoint; readonly hitMax: number }[] = [
  { point: 'stream.create.before', hitMax: 10 },
  { point: 'stream.create.after', hitMax: 10 },
  // One statement claims all partitions.
  { point: 'ownership.claim.before', hitMax: 1 },
  { point: 'ownership.claim.after', hitMax: 1 },
  { point: 'stream.finalize.before', hitMax: 10 },
  { point: 'stream.finalize.after', hitMax: 10 },
  { point: 'append.payment_transactions.before', hitMax: 2 },
  { point: 'append.payment_transactions.after', hitMax: 2 },
  { point: 'append.payment_transactions_fraud.before', hitMax: 2 },
  { point: 'append.payment_transactions_fraud.after', hitMax: 2 },
  { point: 'append.checkpoint_log.before', hitMax: 2 },
  { point: 'append.checkpoint_log.after', hitMax: 2 },
];

/** Killed while it works, and again while it recovers from that, at drawn moments; then once more, without its checkpoint. */
export const scenario = defineScenario({
  name: 'killed-twice',
  title: 'kill -9 twice in a row at drawn moments, with and without the checkpoint directory',
  whatCouldGoWrong: 'A recovery that was cut short leaves a state that the next one misreads.',
  guarantees: ['G1', 'G2', 'G3', 'G4', 'G5', 'G6'],
  tags: ['test', 'crash'],
  partitions: 2,
  settings: { CHECKPOINT_INTERVAL: '300ms', KAFKA_SESSION_TIMEOUT: '2s' },
  async run(world) {
    const draw = (): { point: CrashPoint; hit: number } => {
      const { point, hitMax } = ON_THE_WAY[world.random.below(ON_THE_WAY.length)]!;
      return { point, hit: 1 + world.random.below(hitMax) };
    };
    let working = world.start('alpha');
    await working.waitFor('takeover.running', 60_000);
    for (const [round, losesCheckpoint] of [false, true].entries()) {
      const sending = world.send({
        seed: 801 + round,
        count: 2_000,
        ratePerSecond: 1_000,
        spanMs: HOUR_MS,
        baseTimeMs: world.nowMs() - (2 - round) * HOUR_MS,
      });
      await world.sleep(world.random.below(1_000));
      await working.kill();
      if (losesCheckpoint) await world.loseCheckpoint('alpha');
      const crashAt = draw();
      const { signal } = await world.start('alpha', { crashAt }).waitForExit(60_000);
      world.bit(`round ${round + 1}: killed again at ${crashAt.point}:${crashAt.hit}`, signal === 'SIGKILL');
      if (losesCheckpoint) await world.loseCheckpoint('alpha');
      working = world.start('alpha');
      await working.waitFor('takeover.running', 60_000);
      world.expectSums((await sending).expectedSums);
    }
  },
});
