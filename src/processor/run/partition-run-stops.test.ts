/** A partition that is released or drained ends at once, even if a service is away: it must not delay a rebalance. */
import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { PartitionFold } from '../../payments/fold.ts';
import { DEFAULT_DECISION_SETTINGS } from '../../payments/settings.ts';
import { event, PLACE, record } from '../../payments/testing/fold-fixture.ts';
import { silentObserver } from '../events.ts';
import { DEFAULT_LIMITS } from '../limits.ts';
import type { FetchAnswer, LogBounds } from '../ports.ts';
import { nothingThere } from '../testing/reached-tables.ts';
import { AppendTurns } from './append-turns.ts';
import { type CursorAnswer, LogCursor } from './log-cursor.ts';
import { PartitionRun, type PartitionRunOptions } from './partition-run.ts';

const RELEASED = new Error('released');

/** A run of everything that is ready: `cursor` says what there is to read; appends are never answered. */
function startRun(cursor: Pick<LogCursor, 'next' | 'fingerprint' | 'release'>) {
  const unanswered: ((error: Error) => void)[] = [];
  const writer = {
    append: () => ({ byteLength: 1, landed: new Promise<never>((_, reject) => unanswered.push(reject)) }),
    beginCheckpoint: () => () => new Promise<never>((_, reject) => unanswered.push(reject)),
    outlived: () => undefined,
    close: () => {
      for (const reject of unanswered.splice(0)) reject(new Error('closed'));
    },
  };
  const run = new PartitionRun({
    won: {
      ownership: { topic: 't', partition: PLACE.partition, epoch: 2, owner: 'me' },
      open: () => writer,
    },
    position: {
      checkpointOffset: 0,
      resumeOffset: 0,
      reached: nothingThere(),
    },
    appendLimits: { maxAppendRows: 4_000, maxAppendBytes: 6e6 },
    history: [{ fromOffset: 0, foldVersion: 1, decision: DEFAULT_DECISION_SETTINGS }],
    fold: PartitionFold.fresh({ ...PLACE, startOffset: 0 }),
    cursor,
    runtime: {
      nowMs: () => 0,
      monotonicMs: () => 0,
      sleep: (_ms: number, signal?: AbortSignal) => untilAborted(signal),
    },
    turns: new AppendTurns(100),
    observer: silentObserver,
    limits: DEFAULT_LIMITS,
  } as unknown as PartitionRunOptions);
  const ended = new AbortController();
  const seen = { outcome: 'still running' };
  run.run(ended.signal).then(
    () => (seen.outcome = 'ended'),
    (error: Error) => (seen.outcome = error.message),
  );
  return { run, seen, unanswered, release: () => ended.abort(RELEASED) };
}

function untilAborted(signal?: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason), { once: true }));
}

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await turn();
}

/** A cursor over markers alone, for which the log must say where it begins; it never does. */
function cursorOverSilentLog() {
  const asked = { count: 0 };
  const answers: FetchAnswer[] = [
    { askedFrom: 0, completeTo: 5, records: [], byteLength: 0, endOffset: 5, session: 1 },
  ];
  const cursor = new LogCursor({
    partition: PLACE.partition,
    reader: {
      read: async (signal: AbortSignal) => answers.shift() ?? untilAborted(signal),
      seek: () => {},
      close: () => {},
    },
    runtime: { nowMs: () => 0, monotonicMs: () => 0, sleep: () => untilAborted(), random: () => 0, uuid: () => 'id' },
    observer: silentObserver,
    bounds: () => {
      asked.count++;
      return new Promise<LogBounds>(() => {});
    },
    expectedOffset: 0,
    writtenTo: 0,
    fingerprint: null,
    skipped: [],
    logEndPatienceMs: 1_000,
  });
  return { cursor, asked };
}

it('a partition is released at once while its rows wait for an acknowledgement', async () => {
  const records = Array.from({ length: 1_000 }, (_, i) => record(i, event({ transaction_id: `txn-${i}` }, i)));
  const answers: CursorAnswer[] = [{ records, nextOffset: 1_000, byteLength: 1, endOffset: 1_000 }];
  const { seen, unanswered, release } = startRun({
    next: async (signal) => answers.shift() ?? untilAborted(signal),
    fingerprint: () => null,
    release: () => {},
  });
  await turns(20);
  expect(unanswered.length).toBeGreaterThan(0);
  release();
  await turns(50);
  expect(seen.outcome).toBe('released');
  expect(unanswered).toEqual([]);
});

it('a partition is released at once while the log does not say where it begins', async () => {
  const { cursor, asked } = cursorOverSilentLog();
  const { seen, release } = startRun(cursor);
  await turns(20);
  expect(asked.count).toBe(1);
  release();
  await turns(50);
  expect(seen.outcome).toBe('released');
});

it('a partition is drained at once while the log does not say where it begins', async () => {
  const { cursor } = cursorOverSilentLog();
  const { run, seen } = startRun(cursor);
  await turns(20);
  run.drain();
  await turns(50);
  expect(seen.outcome).toBe('ended');
});
