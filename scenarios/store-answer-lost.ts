import { defineScenario } from '../src/lab/scenario.ts';

const HOUR_MS = 3_600_000;
/** A commit of a table of rows, of a claim, of a checkpoint. */
const commitOf = (table: string) => ({ method: 'PUT', path: `/${table}/_delta_log/` }) as const;

/** Commits land in the store, and the answer that says so never comes: the connection is reset instead. */
export const scenario = defineScenario({
  name: 'store-answer-lost',
  title: 'answers to commits that landed are lost: of a claim, of fences, of rows, of checkpoints',
  whatCouldGoWrong:
    'The commit is put again and its rows are there twice, or it is taken for another one’s and its rows are dropped.',
  only: { sink: 'delta', because: 'store' },
  needsStore: true,
  guarantees: ['G1', 'G2', 'G3', 'G4', 'G6'],
  tags: ['delta', 'answers'],
  partitions: 2,
  proxied: true,
  settings: { CHECKPOINT_INTERVAL: '300ms', DELTA_COMMIT_INTERVAL: '200ms' },
  async run(world) {
    const lose = { kind: 'lose-answer' } as const;
    const lost = [
      ['partition_ownership', 1],
      ['payment_transactions', 1],
      ['payment_transactions', 4],
      ['payment_transactions_fraud', 5],
      ['payment_exceptions', 3],
      ['checkpoint_log', 4],
    ].map(([table, nth]) =>
      world.inject({ what: 'store_answer', match: commitOf(String(table)), nth: Number(nth), answer: lose }),
    );
    const processor = world.start('alpha');
    const sent = await world.send({ seed: 1_970, count: 4_000, ratePerSecond: 800, spanMs: 2 * HOUR_MS });
    world.expectSums(sent.expectedSums);
    for (const { fired } of lost) await fired;
    await world.drain();
    const epochs = await world.count('SELECT MAX(writer_epoch) FROM `{dataset}.payment_transactions`');
    world.bit('nobody had to take over: what had landed was read back', epochs === 1 && processor.running);
  },
});
