import type { ForeignChange } from '../chaos/fault.ts';
import { defineScenario } from '../src/lab/scenario.ts';

const HOUR_MS = 3_600_000;
const CONTRADICTION = 65;

/** What another engine does, to which table, and what the processor calls it. */
const CHANGES: readonly { readonly how: ForeignChange; readonly table: string; readonly codes: readonly string[] }[] = [
  { how: 'appended', table: 'payment_transactions', codes: ['table_changed'] },
  { how: 'removed', table: 'payment_transactions_fraud', codes: ['rows_lost'] },
  { how: 'set_back', table: 'payment_exceptions', codes: ['rows_lost'] },
  { how: 'made_again', table: 'payment_transactions', codes: ['table_replaced'] },
];

/**
 * Another engine has write access to the tables: it appends rows, deletes some, restores an older version, makes a table again. Each time the
 * running processor stops with an error that names the table. Once it is undone, the next processor continues.
 */
export const scenario = defineScenario({
  name: 'table-changed-by-others',
  title:
    'another engine appends, deletes, restores an older version, and makes a table again: each time the processor stops by name',
  whatCouldGoWrong:
    'The processor continues beside rows that it did not write or no longer has, and every later check compares with those.',
  only: { sink: 'delta', because: 'log' },
  guarantees: ['G1', 'G2', 'G6'],
  tags: ['delta', 'operations'],
  partitions: 1,
  settings: { CHECKPOINT_INTERVAL: '300ms', DELTA_COMMIT_INTERVAL: '200ms' },
  faultsMeet: 'anything',
  storyMs: 15 * 60_000,
  async run(world) {
    const workload = { count: 400, duplicateShare: 0.3, spanMs: HOUR_MS / 4 };
    const startMs = world.nowMs() - 4 * HOUR_MS;
    for (const [round, { how, table, codes }] of CHANGES.entries()) {
      const processor = world.start('alpha');
      for (const [half, lead] of [0, 2].entries()) {
        const seed = 1_900 + 10 * round + half;
        const sent = await world.send({ ...workload, seed, baseTimeMs: startMs + (4 * round + lead) * (HOUR_MS / 4) });
        world.expectSums(sent.expectedSums);
        await world.drain();
      }
      const changed = world.inject({ what: 'table_changed', table, how });
      await changed.fired;
      const sent = await world.send({
        ...workload,
        seed: 1_905 + 10 * round,
        baseTimeMs: startMs + (4 * round + 3) * (HOUR_MS / 4),
      });
      world.expectSums(sent.expectedSums);
      const exit = await processor.waitForExit(90_000);
      const stopped = processor.eventsOf('partition.stopped');
      world.bit(`${how}: the processor stops`, exit.code === CONTRADICTION && stopped.length > 0);
      world.bit(
        `${how}: it names what happened, and to which table (${stopped.map(({ code }) => code).join(', ')})`,
        stopped.every(({ code, error }) => codes.includes(code) && error.includes(table)),
      );
      world.bit(`${how}: verify finds it`, (await world.operate('verify')).code !== 0);
      await changed.heal();
    }
    world.start('alpha');
    await world.drain();
  },
});
