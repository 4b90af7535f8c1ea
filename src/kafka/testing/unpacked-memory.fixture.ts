/**
 * Six partitions whose answers are much larger unpacked, read by six readers; prints the greatest growth of the process
 * in MiB, and the number of records. In its own process, so that neither other memory nor making the log counts. node
 * unpacked-memory.fixture.ts make <kind> <file>, then: read <file> [held]; half of the readers of `held` do not read
 * until the others are done.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { zstdCompressSync } from 'node:zlib';
import { systemRuntime } from '../../base/system-runtime.ts';
import type { TopicConnection } from '../client/topic-connection.ts';
import { Fetcher } from '../fetch/fetcher.ts';
import { DEFAULT_KAFKA_LIMITS } from '../source-options.ts';
import { batch, record } from './batch-bytes.ts';

const PARTITIONS = 6;
const MIB = 1024 * 1024;

const KINDS: Readonly<Record<string, () => Buffer>> = {
  /** One record of 256 MiB of blanks, in 8 KiB. */
  'one value': () => {
    const body = record(0, 0, null, Buffer.alloc(256 * MIB, ' '));
    return batch({ baseOffset: 0, codec: 'zstd', packed: zstdCompressSync(body) });
  },
  /** 150 batches of 3 MiB each: 450 MiB, in one answer. */
  'many batches': () => {
    const body = record(0, 0, null, Buffer.alloc(3 * MIB, ' '));
    const packed = zstdCompressSync(body);
    return Buffer.concat(Array.from({ length: 150 }, (_, i) => batch({ baseOffset: i, codec: 'zstd', packed })));
  },
  /** 1,000,000 records in one batch. */
  'many records': () => {
    const count = 1_000_000;
    const body = Buffer.concat(Array.from({ length: count }, (_, i) => record(0, i, null, null)));
    return batch({
      baseOffset: 0,
      codec: 'zstd',
      packed: zstdCompressSync(body),
      count,
      lastOffsetDelta: count - 1,
    });
  },
};

const [mode, ...rest] = process.argv.slice(2);
if (mode === 'make') {
  writeFileSync(rest[1]!, KINDS[rest[0]!]!());
  process.exit();
}
const log = readFileSync(rest[0]!);
const held = rest[1] === 'held';
const expected = endOf(log);

function endOf(batches: Buffer): number {
  let end = 0;
  for (let at = 0; at < batches.length; at += 12 + batches.readInt32BE(at + 8)) {
    end = Number(batches.readBigInt64BE(at)) + batches.readInt32BE(at + 23) + 1;
  }
  return end;
}

/** Answers every request with the log from the offset's batch on; all batches are of one record, or there is one. */
function answerFrom(offset: number): Buffer {
  for (let at = 0; at < log.length; at += 12 + log.readInt32BE(at + 8)) {
    if (Number(log.readBigInt64BE(at)) + log.readInt32BE(at + 23) >= offset) return log.subarray(at, at + MIB);
  }
  return log.subarray(0, 0);
}

const connection = {
  topic: 't',
  leaderOf: () => 0,
  refreshIfOld: async () => {},
  refresh: async () => {},
  renew: () => {},
  fetch: async (_: number, partitions: readonly { partition: number; fetchOffset: string }[]) => {
    await systemRuntime.sleep(5);
    const answers = partitions.map(({ partition, fetchOffset }) => ({
      topic: 't',
      partition,
      errorCode: 0,
      highWatermark: expected,
      lastStableOffset: expected,
      logStartOffset: 0,
      aborted: [],
      // A copy, as over a network.
      records: Buffer.from(answerFrom(Number(fetchOffset))),
    }));
    return { partitions: answers, socket: connection };
  },
} as unknown as TopicConnection;

let peakBytes = 0;
let lastTurnMs = performance.now();
let longestTurnMs = 0;
const startBytes = process.memoryUsage().rss;
const sampler = setInterval(() => {
  peakBytes = Math.max(peakBytes, process.memoryUsage().rss);
  const nowMs = performance.now();
  longestTurnMs = Math.max(longestTurnMs, nowMs - lastTurnMs);
  lastTurnMs = nowMs;
}, 2);

const fetcher = new Fetcher({
  connection,
  runtime: systemRuntime,
  limits: DEFAULT_KAFKA_LIMITS,
  log: () => {},
  onWaiting: () => {},
  onRecovered: () => {},
  onFatal: (error) => {
    throw error;
  },
});

async function readAll(partition: number): Promise<number> {
  const reader = readers[partition]!;
  let records = 0;
  for (let at = 0; at < expected; ) {
    const answer = await reader.read(new AbortController().signal);
    records += answer.records.length;
    at = Math.max(at, answer.completeTo);
    // A fold also yields in between.
    await systemRuntime.sleep(1);
  }
  reader.close();
  return records;
}

const readers = Array.from({ length: PARTITIONS }, (_, partition) => fetcher.open(partition, 0));
const early = readers.slice(0, held ? PARTITIONS / 2 : PARTITIONS).map((_, partition) => readAll(partition));
const counts = await Promise.all(early);
if (held) {
  await systemRuntime.sleep(300);
  for (let partition = PARTITIONS / 2; partition < PARTITIONS; partition += 1) counts.push(await readAll(partition));
}
await fetcher.stop();
clearInterval(sampler);
process.stdout.write(
  `${JSON.stringify({
    grewMib: Math.round((peakBytes - startBytes) / MIB),
    records: counts.reduce((sum, count) => sum + count, 0),
    expected: expected * PARTITIONS,
    longestTurnMs: Math.round(longestTurnMs),
  })}\n`,
);
