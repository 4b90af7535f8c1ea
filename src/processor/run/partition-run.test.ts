/** A run's first rows go out few and alone; what waits behind them goes as large as ever. */
import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { BugError } from '../../base/errors.ts';
import { AcceptedBatch } from '../../payments/accepted-batch.ts';
import { PartitionFold } from '../../payments/fold.ts';
import { compileSettings, DEFAULT_DECISION_SETTINGS } from '../../payments/settings.ts';
import { event, PLACE, record } from '../../payments/testing/fold-fixture.ts';
import type { DataTable } from '../../payments/types.ts';
import type { ProcessorEvent } from '../events.ts';
import { DEFAULT_LIMITS } from '../limits.ts';
import type { Checkpoint } from '../ports.ts';
import { nothingThere, reachedWith } from '../testing/reached-tables.ts';
import { AppendTurns } from './append-turns.ts';
import type { CursorAnswer } from './log-cursor.ts';
import { PartitionRun, type PartitionRunOptions } from './partition-run.ts';

const WAITING = 1_000;

interface Append {
  readonly table: DataTable;
  readonly rows: number;
  acknowledge(): void;
}

/** The number of rows of the first records that each table has already. */
type Rows = Partial<Record<'payment_transactions' | 'payment_transactions_fraud', number>>;

function run(
  limits = DEFAULT_LIMITS,
  there: Rows = {},
  badEvery = 0,
  broken?: { offset: number; value: () => Buffer },
) {
  const appends: Append[] = [];
  const checkpoints: Checkpoint[] = [];
  const events: ProcessorEvent[] = [];
  const records = Array.from({ length: WAITING }, (_, offset) =>
    badEvery > 0 && offset % badEvery === badEvery - 1
      ? { ...record(offset, {}), value: Buffer.from(offset < 500 ? '{}' : '{') }
      : record(offset, event({ transaction_id: `txn-${offset}` }, offset)),
  );
  const settings = compileSettings(DEFAULT_DECISION_SETTINGS);
  const folded = new AcceptedBatch();
  const before = { accepted: folded, partials: [], exceptions: [] };
  PartitionFold.fresh({ ...PLACE, startOffset: 0 }).foldAll(records, () => settings, before, 0, WAITING);
  const rowsOf = (table: keyof Rows) => Array.from({ length: there[table] ?? 0 }, (_, i) => folded.at(i)!);
  if (broken !== undefined) Object.defineProperty(records[broken.offset], 'value', { get: broken.value });
  const answers: CursorAnswer[] = [{ records, nextOffset: WAITING, byteLength: 1, endOffset: WAITING }];
  const untilAborted = (signal: AbortSignal): Promise<never> =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
  const ports = {
    won: {
      ownership: { topic: 't', partition: PLACE.partition, epoch: 2, owner: 'me' },
      open: () => ({
        append: (table: DataTable, { from, to }: { readonly from: number; readonly to: number }) => {
          const { promise: landed, resolve } = Promise.withResolvers<void>();
          appends.push({ table, rows: to - from, acknowledge: resolve });
          return { byteLength: 1, landed };
        },
        beginCheckpoint: () => async (checkpoint: Checkpoint) => void checkpoints.push(checkpoint),
        outlived: () => undefined,
        close: () => {},
      }),
    },
    position: {
      checkpointOffset: 0,
      resumeOffset: Math.max(0, ...Object.values(there)),
      reached: {
        ...nothingThere(),
        payment_transactions: reachedWith('payment_transactions', rowsOf('payment_transactions')),
        payment_transactions_fraud: reachedWith('payment_transactions_fraud', rowsOf('payment_transactions_fraud')),
      },
    },
    appendLimits: { maxAppendRows: 4_000, maxAppendBytes: 6e6 },
    history: [{ fromOffset: 0, foldVersion: 1, decision: DEFAULT_DECISION_SETTINGS }],
    fold: PartitionFold.fresh({ ...PLACE, startOffset: 0 }),
    cursor: {
      next: async (signal: AbortSignal) => answers.shift() ?? untilAborted(signal),
      fingerprint: () => null,
      release: () => {},
    },
    runtime: {
      nowMs: () => 0,
      monotonicMs: () => 0,
      sleep: (_ms: number, signal: AbortSignal) => untilAborted(signal),
    },
    turns: new AppendTurns(100),
    observer: { emit: (one: ProcessorEvent) => void events.push(one) },
    limits,
  };
  const ended = new AbortController();
  const partitionRun = new PartitionRun(ports as unknown as PartitionRunOptions);
  const running = partitionRun.run(ended.signal);
  const taken = async (): Promise<Record<string, number[]>> => {
    await turn();
    const byTable = Object.groupBy(appends, ({ table }) => table);
    return Object.fromEntries(Object.entries(byTable).map(([table, some]) => [table, some!.map(({ rows }) => rows)]));
  };
  const end = async () => {
    ended.abort(new Error('enough'));
    await expect(running).rejects.toThrow('enough');
  };
  return { appends, checkpoints, events, running, taken, end, drain: () => partitionRun.drain() };
}

it('nothing more is folded and sent before the first rows are acknowledged in every table', async () => {
  const { appends, taken, end } = run();
  const first = { payment_transactions: [250], payment_transactions_fraud: [250] };
  expect(await taken()).toEqual(first);
  appends[0]!.acknowledge();
  expect(await taken()).toEqual(first);
  appends[1]!.acknowledge();
  expect(await taken()).toEqual({ payment_transactions: [250, 750], payment_transactions_fraud: [250, 750] });
  await end();
});

it('batches that are smaller anyway are no larger for it', async () => {
  const { appends, taken, end } = run({ ...DEFAULT_LIMITS, maxBatchRecords: 100 });
  expect(await taken()).toEqual({ payment_transactions: [100], payment_transactions_fraud: [100] });
  for (const append of appends) append.acknowledge();
  const ten = Array.from({ length: 10 }, () => 100);
  expect(await taken()).toEqual({ payment_transactions: ten, payment_transactions_fraud: ten });
  await end();
});

it('what is new goes out as soon as all that is there was compared, not behind what else was fetched with it', async () => {
  const both = { payment_transactions: 600, payment_transactions_fraud: 600 };
  const { appends, taken, end } = run(DEFAULT_LIMITS, both);
  expect(await taken()).toEqual({ payment_transactions: [250], payment_transactions_fraud: [250] });
  for (const append of appends) append.acknowledge();
  expect(await taken()).toEqual({ payment_transactions: [250, 150], payment_transactions_fraud: [250, 150] });
  await end();
});

it('rows that a table lags behind by go out before anything else is folded', async () => {
  const lagging = { payment_transactions: 600, payment_transactions_fraud: 570 };
  const { appends, taken, end } = run(DEFAULT_LIMITS, lagging);
  expect(await taken()).toEqual({ payment_transactions_fraud: [30] });
  appends[0]!.acknowledge();
  expect(await taken()).toEqual({ payment_transactions: [400], payment_transactions_fraud: [30, 400] });
  await end();
});

it('the rejected records of an answer are reported with it, by reason, over all batches that it was cut into', async () => {
  const { appends, events, taken, end } = run(
    { ...DEFAULT_LIMITS, maxBatchRecords: 100, maxRowsInFlight: 9_999 },
    {},
    100,
  );
  for (let turns = 0; turns < 12; turns++) {
    await taken();
    for (const append of appends) append.acknowledge();
  }
  const folded = events.filter((one) => one.type === 'batch.folded');
  const at = { partition: PLACE.partition };
  expect(folded.map(({ rejections }) => rejections)).toEqual([
    [
      { code: 'field_missing', count: 5, offset: 99, reason: 'field_missing: transaction_id', ...at },
      { code: 'not_utf8_json', count: 5, offset: 599, reason: 'not_utf8_json', ...at },
    ],
  ]);
  await end();
});

it('what stops a partition while it folds stops it during a drain as well, and nothing is certified', async () => {
  const value = (): Buffer => {
    started.drain();
    throw new BugError('in the middle of a batch');
  };
  const started = run(DEFAULT_LIMITS, {}, 0, { offset: 100, value });
  await expect(started.running).rejects.toThrow('in the middle of a batch');
  expect(started.appends).toEqual([]);
  expect(started.checkpoints).toEqual([]);
});
