/** Turns of backfilling over a table of one row, whose statements take their time. */
import { setImmediate as later } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { Runtime } from '../../../base/runtime.ts';
import type { PendingRange } from '../../../processor/ports.ts';
import { joinRanges } from '../../pending-ranges.ts';
import { QueriedTurns } from './backfill-turns.ts';
import type { QueryJobs, Statement } from './query-job.ts';

const DATASET = { projectId: 'p-1', dataset: 'd' };
const RANGE: PendingRange = { partition: 2, fromMs: 60_000, toMs: 120_000 };

interface Row {
  turn: number;
  turnId: string;
  owner: string;
  pending: string;
}

interface Cell {
  readonly parameterValue: {
    readonly value?: string;
    readonly arrayValues?: readonly { readonly structValues: Readonly<Record<string, { readonly value: string }>> }[];
  };
}

function turnsOver(row: Row, rival?: (row: Row) => void) {
  const done: string[] = [];
  const it = { row, rival };
  const jobs = {
    read: async () => ({ rows: [[String(it.row.turn), it.row.turnId, it.row.owner, it.row.pending]] }),
    change: async ({ sql, parameters = [] }: Statement) => {
      await later();
      const [, claims] = parameters as unknown as readonly Cell[];
      if (sql.includes("SET pending = ''")) {
        if (claims!.parameterValue.value === it.row.turnId) it.row.pending = '';
        return done.push('end');
      }
      it.rival?.(it.row);
      it.rival = undefined;
      const cells = claims!.parameterValue.arrayValues![0]!.structValues;
      done.push(`claim after ${cells.expected_turn!.value}`);
      if (Number(cells.expected_turn!.value) !== it.row.turn) return done.length;
      it.row = {
        turn: it.row.turn + 1,
        turnId: cells.turn_id!.value,
        owner: cells.owner!.value,
        pending: cells.pending!.value,
      };
      return done.length;
    },
    awaitEnd: async (jobId: string) => {
      await later();
      done.push(`await ${jobId.split('_').slice(-2).join(' ')}`);
    },
    patience: () => ({ wait: async () => void done.push('wait') }),
  } as unknown as QueryJobs;
  let ids = 0;
  const runtime = {
    nowMs: () => 7,
    monotonicMs: () => 7,
    sleep: async () => {},
    random: () => 0.5,
    uuid: () => `id-${++ids}`,
  } satisfies Runtime;
  return { turns: new QueriedTurns(jobs, DATASET, runtime), done, it };
}

it('a turn is taken once everything of the one before is done or barred, with what it left', async () => {
  const left = JSON.stringify([{ partition: 2, fromMs: 0, toMs: 60_000 }]);
  const { turns, done } = turnsOver({ turn: 4, turnId: 'before', owner: 'ann', pending: left });
  const turn = await turns.take('t', 'bob', [RANGE], 0);
  expect(done).toEqual(['await 4 payments', 'await 4 metrics', 'claim after 4']);
  expect(turn).toEqual({
    topic: 't',
    number: 5,
    turnId: 'id-1',
    owner: 'bob',
    pending: [{ partition: 2, fromMs: 0, toMs: 120_000 }],
  });
  expect(await turns.isOurs(turn)).toBe(true);
  await turns.end(turn);
  expect(await turns.read('t')).toMatchObject({ number: 5, pending: [] });
});

it('a turn that went to another is waited for, and the next one is taken', async () => {
  const { turns, done } = turnsOver({ turn: 4, turnId: 'before', owner: 'ann', pending: '' }, (row) => {
    Object.assign(row, { turn: 5, turnId: 'rival', owner: 'eve' });
  });
  const turn = await turns.take('t', 'bob', [], 0);
  expect(done).toEqual(['claim after 4', 'wait', 'claim after 5']);
  expect(turn).toMatchObject({ number: 6, turnId: 'id-2' });
});

it('the end of a turn that is no longer ours ends nothing', async () => {
  const { turns, it } = turnsOver({ turn: 4, turnId: 'theirs', owner: 'ann', pending: JSON.stringify([RANGE]) });
  await turns.end({ topic: 't', number: 3, turnId: 'ours', owner: 'bob', pending: [] });
  expect(it.row.pending).toBe(JSON.stringify([RANGE]));
});

it('ranges are joined by partition, in the order of partitions', () => {
  const ranges = [
    { partition: 10, fromMs: 60, toMs: 120 },
    { partition: 2, fromMs: 0, toMs: 60 },
    { partition: 10, fromMs: 0, toMs: 180 },
    { partition: 3, fromMs: 5, toMs: 6 },
  ];
  expect(joinRanges(ranges)).toEqual([
    { partition: 2, fromMs: 0, toMs: 60 },
    { partition: 3, fromMs: 5, toMs: 6 },
    { partition: 10, fromMs: 0, toMs: 180 },
  ]);
});
