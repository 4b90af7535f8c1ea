import { defineScenario, type StoryCrashPoint } from '../src/lab/scenario.ts';
import type { SinkName } from '../src/lab/sink-names.ts';

const HOUR_MS = 3_600_000;

interface OnTheWay {
  readonly point: StoryCrashPoint;
  readonly hitMax: number;
}

/** Effects that a processor comes by for sure when it starts with work waiting in two partitions, and how often at least. */
const ON_THE_WAY: readonly OnTheWay[] = [
  // One statement, or one commit, claims all partitions.
  { point: 'ownership.claim.before', hitMax: 1 },
  { point: 'ownership.claim.after', hitMax: 1 },
  { point: 'append.payment_transactions.before', hitMax: 2 },
  { point: 'append.payment_transactions.after', hitMax: 2 },
  { point: 'append.payment_transactions_fraud.before', hitMax: 2 },
  { point: 'append.payment_transactions_fraud.after', hitMax: 2 },
  { point: 'append.checkpoint_log.before', hitMax: 2 },
  { point: 'append.checkpoint_log.after', hitMax: 2 },
];
/** What keeps the old owner out. */
const FENCES: Readonly<Record<SinkName, readonly OnTheWay[]>> = {
  bigquery: [
    { point: 'stream.create.before', hitMax: 10 },
    { point: 'stream.create.after', hitMax: 10 },
    { point: 'stream.finalize.before', hitMax: 10 },
    { point: 'stream.finalize.after', hitMax: 10 },
  ],
  // One commit for each table.
  delta: [
    { point: 'table.fence.before', hitMax: 5 },
    { point: 'table.fence.after', hitMax: 5 },
  ],
};

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
    const all = [...FENCES[world.sinkKind], ...ON_THE_WAY];
    const draw = (): { point: StoryCrashPoint; hit: number } => {
      const { point, hitMax } = all[world.random.below(all.length)]!;
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
