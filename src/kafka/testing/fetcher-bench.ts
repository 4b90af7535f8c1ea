/** A fetcher over a broker that a test makes up: what it answers, and what it was asked. */

import type { ContradictionError } from '../../base/errors.ts';
import type { Runtime } from '../../base/runtime.ts';
import { systemRuntime } from '../../base/system-runtime.ts';
import { silentObserver } from '../../processor/events.ts';
import { LogCursor } from '../../processor/run/log-cursor.ts';
import type { TopicConnection } from '../client/topic-connection.ts';
import { Fetcher, type FetchLimits } from '../fetch/fetcher.ts';
import { DEFAULT_KAFKA_LIMITS } from '../source-options.ts';

export interface MadeUpBroker {
  /** The partitions' batches; read at each fetch. */
  readonly batches: (partition: number) => readonly Buffer[];
  /** Of the partition's answers, if not 0. */
  readonly errorCode?: (partition: number, offset: number) => number;
  readonly answersAlso?: (partition: number) => number;
  /** Default: one node leads all partitions. */
  readonly leaderOf?: (partition: number) => number | undefined;
  /** Of the metadata; default: it is there. */
  readonly refresh?: () => Promise<void>;
  /** Start and end, for a place that is out of range. */
  readonly offsets?: { readonly start: number; readonly end: number };
  readonly limits?: Partial<FetchLimits>;
}

/** A source over that broker, and how often it fetched and changed its connection. Waits take a fiftieth of their time. */
export function sourceOver(broker: MadeUpBroker) {
  const { batches, errorCode = () => 0, answersAlso = (partition) => partition } = broker;
  const { leaderOf = () => 0, refresh = async () => {}, offsets = { start: 0, end: 52 } } = broker;
  const counts = { fetches: 0, renewals: 0 };
  /** Of each request: the partitions in their order. */
  const asked: number[][] = [];
  let socket = {};
  const renew = () => {
    counts.renewals += 1;
    socket = {};
  };
  const answer = (partition: number, offset: number) => {
    const code = errorCode(partition, offset);
    const from = batches(partition).filter((each) => lastOffset(each) >= offset);
    return {
      topic: 't',
      partition: answersAlso(partition),
      errorCode: code,
      highWatermark: 52,
      lastStableOffset: 52,
      logStartOffset: 0,
      aborted: [],
      records: code === 0 ? Buffer.concat(from) : Buffer.alloc(0),
    };
  };
  const connection = {
    topic: 't',
    leaderOf,
    refreshIfOld: async () => {},
    refresh,
    renew,
    offsets: async ({ partitions, at }: { partitions: number[]; at: 'start' | 'end' }) =>
      new Map(partitions.map((partition) => [partition, offsets[at]])),
    fetch: async (_: number, wanted: readonly { partition: number; fetchOffset: string }[]) => {
      counts.fetches += 1;
      if (counts.fetches > 200) throw new Error('it does not end');
      asked.push(wanted.map(({ partition }) => partition));
      await systemRuntime.sleep(1);
      return { socket, partitions: wanted.map(({ partition, fetchOffset }) => answer(partition, Number(fetchOffset))) };
    },
  } as unknown as TopicConnection;
  const waits: string[] = [];
  const recovered: string[] = [];
  const fatal: Error[] = [];
  const runtime: Runtime = {
    ...systemRuntime,
    sleep: (ms: number, signal?: AbortSignal) => systemRuntime.sleep(ms / 50, signal),
  };
  const fetcher = new Fetcher({
    connection,
    runtime,
    limits: { ...DEFAULT_KAFKA_LIMITS, unreachableAfterMs: 2_000, ...broker.limits },
    log: () => {},
    onWaiting: ({ error }) => waits.push(error),
    onRecovered: (what) => recovered.push(what),
    onFatal: (error) => fatal.push(error),
  });
  return { fetcher, counts, asked, waits, recovered, fatal };
}

function lastOffset(bytes: Buffer): number {
  return Number(bytes.readBigInt64BE(0)) + bytes.readInt32BE(23);
}

/** Reads as the processor does: after every loss of the place it checks the last folded record. */
export async function readAsProcessor(fetcher: Fetcher, partition: number, end: number) {
  const cursor = new LogCursor({
    partition,
    reader: fetcher.open(partition, 0),
    runtime: systemRuntime,
    observer: silentObserver,
    bounds: async () => ({ startOffset: 0, endOffset: 52 }),
    expectedOffset: 0,
    writtenTo: 0,
    fingerprint: null,
    skipped: [],
    logEndPatienceMs: 1_000,
  });
  const values: string[] = [];
  try {
    while (cursor.expectedOffset < end) {
      const { records } = await cursor.next(new AbortController().signal);
      values.push(...records.map(({ value }) => String(value)));
    }
    return { values };
  } catch (error) {
    return { values, error: error as ContradictionError };
  }
}
