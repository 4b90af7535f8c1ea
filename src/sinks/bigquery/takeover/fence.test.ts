import { describe, expect, it } from 'vitest';
import { ContradictionError } from '../../../base/errors.ts';
import type { Runtime } from '../../../base/runtime.ts';
import { DEFAULT_DECISION_SETTINGS, defaultFixedSettings } from '../../../payments/settings.ts';
import type { AppendTable, DataTable, ExceptionRow } from '../../../payments/types.ts';
import { silentObserver } from '../../../processor/events.ts';
import { findPosition } from '../../../processor/takeover/position.ts';
import { RuledOwnership } from '../../ownership/ruled-ownership.ts';
import type {
  CheckpointRow,
  FinalizeOutcome,
  OwnershipRow,
  RowEncoder,
  SinkQueries,
  StreamRef,
  WriteStreams,
  WrittenRow,
} from '../ports.ts';
import { FenceRounds } from './fence-rounds.ts';
import { StreamClaim } from './stream-claim.ts';

function exception(kafkaOffset: number, writerEpoch: number): WrittenRow<'payment_exceptions'> {
  const row: ExceptionRow = {
    kafkaOffset,
    disposition: 'rejected',
    reason: 'no_value',
    transactionId: null,
    eventTimeMs: null,
    recordTimeMs: 0,
    firstKafkaOffset: null,
    conflict: false,
    payload: null,
    payloadHash: null,
  };
  return { row, writerEpoch };
}

function streamOf(epoch: number, table: AppendTable = 'payment_exceptions'): StreamRef {
  return { epoch, table, name: `${table}/${epoch}`, createdAtMs: 0 };
}

function wonAt(epoch: number, olderStreams: readonly StreamRef[]): OwnershipRow {
  return {
    topic: 't',
    partition: 0,
    epoch,
    owner: 'me',
    claimId: 'claim',
    streams: olderStreams,
    partitionCount: 1,
    startOffset: 100,
    fixed: defaultFixedSettings(0),
    history: [{ fromOffset: 100, foldVersion: 1, decision: DEFAULT_DECISION_SETTINGS }],
    skipped: [],
    claimedAtMs: 0,
  };
}

function checkpointAt(nextOffset: number, writerEpoch: number, exceptionsInStream: number): CheckpointRow {
  const none = { payment_transactions: 0, payment_transactions_fraud: 0, payment_metrics_partials: 0 };
  return {
    topic: 't',
    partition: 0,
    owner: 'other',
    writerEpoch,
    nextOffset,
    watermarkMs: 0,
    counters: { consumed: 0, accepted: 0, duplicates: 0, late: 0, rejected: 0 },
    streamOffsets: { ...none, payment_exceptions: exceptionsInStream },
    stateDigest: 'v1:0',
    recordFingerprint: null,
  };
}

interface Sink {
  readonly checkpoint?: CheckpointRow;
  /** What successive queries of payment_exceptions see; the last one stays. */
  readonly seen: readonly WrittenRow<'payment_exceptions'>[][];
  readonly outcomes: Readonly<Record<string, FinalizeOutcome>>;
}

function positionIn(
  sink: Sink,
  won: OwnershipRow,
  settleTimeoutMs = 60_000,
  onRead: (table: DataTable) => void = () => {},
  clockJumpsByMs = 0,
  more: Pick<Parameters<typeof findPosition>[1], 'onCheckpoint'> = {},
) {
  let nowMs = 0;
  let queries = 0;
  const runtime: Runtime = {
    // Set right after the first look.
    nowMs: () => (nowMs === 0 ? 0 : nowMs + clockJumpsByMs),
    monotonicMs: () => nowMs,
    sleep: async (ms) => {
      nowMs += ms;
    },
    random: () => 0.5,
    uuid: () => 'id',
  };
  const reads = {
    latestCheckpoint: async () => sink.checkpoint,
    tablesWithRows: async (tables: readonly DataTable[], _partition: number, from: number) => {
      const isSeen = sink.seen[Math.min(queries, sink.seen.length - 1)]!.some(({ row }) => row.kafkaOffset >= from);
      return new Set(tables.filter((table) => table === 'payment_exceptions' && isSeen));
    },
    rowsFrom: async (table: DataTable, _partition: number, from: number) => {
      onRead(table);
      if (table !== 'payment_exceptions') return [];
      const seen = sink.seen[Math.min(queries++, sink.seen.length - 1)]!;
      return seen.filter(({ row }) => row.kafkaOffset >= from);
    },
  } as unknown as SinkQueries;
  const streams = {
    finalize: async (stream: StreamRef) => sink.outcomes[stream.name] ?? { state: 'finalized', rowCount: 0 },
  } as unknown as WriteStreams;
  const parts = { runtime, queries: reads, streams, observer: silentObserver, fences: new FenceRounds(runtime) };
  const ownership = new RuledOwnership(reads);
  const claim = new StreamClaim(won, { ...parts, ownership, encoder: {} as RowEncoder, streamMaxIdleMs: 1_000 });
  const limits = { settleTimeoutMs, fenceGatherMs: 1_000 };
  return findPosition(claim, { observer: silentObserver, limits, ...more }, new AbortController().signal);
}

describe('position at a takeover', () => {
  it('of a partition that was never written is its start offset', async () => {
    const position = await positionIn({ seen: [[]], outcomes: {} }, wonAt(1, []));
    expect(position).toMatchObject({ checkpointOffset: 100, resumeOffset: 100 });
  });

  it('tells where to read as soon as the checkpoint is known', async () => {
    const checkpoint = checkpointAt(110, 1, 0);
    const told: unknown[] = [];
    const onCheckpoint = (found: unknown, offset: number): void => void told.push([found, offset]);
    await positionIn({ checkpoint, seen: [[]], outcomes: {} }, wonAt(2, []), 60_000, () => {}, 0, { onCheckpoint });
    expect(told).toEqual([[checkpoint, 110]]);
  });

  it('reads no rows where the streams promise none and a look at the tables finds none', async () => {
    const sink: Sink = {
      checkpoint: checkpointAt(110, 1, 7),
      seen: [[exception(109, 1)]],
      outcomes: { 'payment_exceptions/1': { state: 'finalized', rowCount: 7 } },
    };
    const asked: string[] = [];
    const position = await positionIn(sink, wonAt(2, [streamOf(1)]), 60_000, (table) => asked.push(table));
    expect(position).toMatchObject({ checkpointOffset: 110, resumeOffset: 110 });
    expect(asked).toEqual([]);
  });

  it('stops for rows where the streams promise none', async () => {
    const sink: Sink = {
      checkpoint: checkpointAt(110, 1, 7),
      seen: [[exception(111, 1)]],
      outcomes: { 'payment_exceptions/1': { state: 'finalized', rowCount: 7 } },
    };
    const error = await positionIn(sink, wonAt(2, [streamOf(1)]), 1_000).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ContradictionError);
    expect(error).toMatchObject({ code: 'row_counts_differ', message: expect.stringContaining('a query finds 1') });
  });

  it('resumes after the greatest offset that any table has a row of', async () => {
    const sink: Sink = {
      checkpoint: checkpointAt(110, 1, 7),
      seen: [[exception(110, 1), exception(112, 1)]],
      outcomes: { 'payment_exceptions/1': { state: 'finalized', rowCount: 9 } },
    };
    const position = await positionIn(sink, wonAt(2, [streamOf(1)]));
    expect(position).toMatchObject({ checkpointOffset: 110, resumeOffset: 113 });
  });

  it('adds up the streams of the checkpoint epoch and of later ones', async () => {
    const sink: Sink = {
      checkpoint: checkpointAt(110, 2, 5),
      seen: [[exception(110, 2), exception(111, 3), exception(112, 3)]],
      outcomes: {
        'payment_exceptions/1': { state: 'finalized', rowCount: 50 },
        'payment_exceptions/2': { state: 'finalized', rowCount: 6 },
        'payment_exceptions/3': { state: 'finalized', rowCount: 2 },
      },
    };
    const position = await positionIn(sink, wonAt(4, [streamOf(1), streamOf(2), streamOf(3)]));
    expect(position.resumeOffset).toBe(113);
  });

  it('waits until a query sees what the row counts promise', async () => {
    const late = [exception(110, 1), exception(111, 1)];
    const sink: Sink = {
      checkpoint: checkpointAt(110, 1, 0),
      seen: [[], late.slice(0, 1), late],
      outcomes: { 'payment_exceptions/1': { state: 'finalized', rowCount: 2 } },
    };
    expect((await positionIn(sink, wonAt(2, [streamOf(1)]))).resumeOffset).toBe(112);
  });

  it('waits for them regardless of the clock, which may be set meanwhile', async () => {
    const sink: Sink = {
      checkpoint: checkpointAt(110, 1, 7),
      seen: [[], [], [exception(110, 1)]],
      outcomes: { 'payment_exceptions/1': { state: 'finalized', rowCount: 8 } },
    };
    const position = await positionIn(sink, wonAt(2, [streamOf(1)]), 60_000, () => {}, 7_200_000);
    expect(position).toMatchObject({ checkpointOffset: 110, resumeOffset: 111 });
  });

  it('takes what a query says of a stream that is gone, and still holds the others to their counts', async () => {
    const outcomes: Sink['outcomes'] = {
      'payment_exceptions/1': { state: 'gone' },
      'payment_exceptions/2': { state: 'finalized', rowCount: 1 },
    };
    const checkpoint = checkpointAt(110, 1, 3);
    const seen = [exception(110, 1), exception(111, 2)];
    const won = wonAt(3, [streamOf(1), streamOf(2)]);
    expect((await positionIn({ checkpoint, seen: [seen], outcomes }, won)).resumeOffset).toBe(112);
    await expect(positionIn({ checkpoint, seen: [seen.slice(0, 1)], outcomes }, won)).rejects.toBeInstanceOf(
      ContradictionError,
    );
  });

  it('stops with a named error when counts and rows never agree', async () => {
    const sink: Sink = {
      seen: [[exception(100, 1)]],
      outcomes: { 'payment_exceptions/1': { state: 'finalized', rowCount: 2 } },
    };
    await expect(positionIn(sink, wonAt(2, [streamOf(1)]))).rejects.toMatchObject({ code: 'row_counts_differ' });
  });
});
