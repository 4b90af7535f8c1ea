/**
 * The same bytes to both readers: the processor's and the checkers'. What one of them gets wrong the other does not, and
 * verify shows it.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readBatches } from '../../kafka/fetch/record-batches.ts';
import type { TopicRecord, VerifyInputs } from '../inputs/verify-inputs.ts';
import { event, faultless, inputsOf, record } from '../testing/history.ts';
import { verify } from '../verify.ts';
import { type AbortedTransaction, committedBatches } from './batches/aborted-spans.ts';
import { findBatches } from './batches/batch.ts';
import { recordsOf } from './batches/batch-records.ts';
import { DamagedBytesError, UnreadableLogError } from './errors.ts';
import { type BatchSpec, batchBytes, sealed } from './testing/log-bytes.ts';

type Aborted = readonly AbortedTransaction[];

/** What the processor's decoder makes of these bytes. */
function processorReads(bytes: Buffer, from: number, aborted: Aborted): TopicRecord[] {
  return readBatches(bytes, from, aborted).records.map(plain);
}

/** What the checkers' decoder makes of them; throws as the reader does, after what it put into `records`. */
async function checkersRead(
  bytes: Buffer,
  from: number,
  aborted: Aborted,
  records: TopicRecord[] = [],
  highWatermark = 1e9,
): Promise<TopicRecord[]> {
  const wanted = { fromOffset: from, toOffset: 1e9, isBatchStart: false, highWatermark };
  const { batches, damage } = findBatches(bytes, wanted);
  for (const batch of committedBatches(batches, aborted)) {
    const chunks = await Array.fromAsync(recordsOf(batch, from, 1e9));
    records.push(...chunks.flat().map(plain));
  }
  if (damage !== undefined) throw new UnreadableLogError('t', 0, damage);
  return records;
}

function plain({ offset, timestampMs, key, value }: Omit<TopicRecord, 'oversized'>): TopicRecord {
  return { offset, timestampMs, key: key && Buffer.from(key), value: value && Buffer.from(value) };
}

const bytes = fc.option(fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array)));
const records = fc.array(
  fc.record({ key: bytes, value: bytes, timestampDelta: fc.integer({ min: -5_000, max: 86_400_000 }) }),
  { minLength: 1, maxLength: 5 },
);
// The codecs that both have.
const codec = fc.constantFrom('none' as const, 'gzip' as const, 'zstd' as const);
const drawnStep = fc.record({
  records,
  codec,
  producer: fc.integer({ min: 0, max: 2 }),
  ends: fc.constantFrom(undefined, undefined, 'abort' as const, 'commit' as const),
  appendTimeMs: fc.option(fc.integer({ min: 1, max: 2 ** 41 }), { nil: undefined }),
});

/** A log of plain batches (producer 0) and of transactions, each ended by a marker in the end. */
function logOf(steps: readonly (typeof drawnStep extends fc.Arbitrary<infer T> ? T : never)[]) {
  const log: BatchSpec[] = [];
  const aborted: (AbortedTransaction & { readonly end: number })[] = [];
  const open = new Map<bigint, number>();
  let next = 0;
  const endIt = (producerId: bigint, kind: 'abort' | 'commit') => {
    const firstOffset = open.get(producerId);
    if (firstOffset === undefined) return;
    if (kind === 'abort') aborted.push({ producerId, firstOffset, end: next });
    open.delete(producerId);
    log.push({ baseOffset: next++, producerId, kind });
  };
  for (const { producer, ends, appendTimeMs, ...batch } of steps) {
    const time = appendTimeMs === undefined ? {} : { appendTimeMs };
    const producerId = BigInt(producer);
    if (producer === 0) log.push({ ...batch, ...time, baseOffset: next });
    else {
      if (!open.has(producerId)) open.set(producerId, next);
      log.push({ ...batch, ...time, baseOffset: next, producerId, kind: 'transactional' });
    }
    next += batch.records.length;
    if (ends !== undefined) endIt(producerId, ends);
  }
  for (const producerId of [...open.keys()]) endIt(producerId, 'abort');
  // As a broker serves it: from the batch on that holds the offset, with the transactions that end there or later.
  const bytesFrom = (from: number): Buffer =>
    Buffer.concat(log.filter((_, index) => (log[index + 1]?.baseOffset ?? next) > from).map(batchBytes));
  const abortedFrom = (from: number): Aborted => aborted.filter(({ end }) => end >= from);
  return { bytesFrom, abortedFrom, endOffset: next };
}

test('of any sound log, from any offset on, both readers give the same records', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(drawnStep, { maxLength: 8 }), fc.nat(20), async (steps, skip) => {
      const log = logOf(steps);
      const from = Math.min(skip, log.endOffset);
      const served = log.bytesFrom(from);
      const aborted = log.abortedFrom(from);
      expect(await checkersRead(served, from, aborted)).toEqual(processorReads(served, from, aborted));
    }),
    { numRuns: 300 },
  );
});

test('of a log with changed bytes the checkers read nothing else than what was sent', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(drawnStep, { minLength: 1, maxLength: 5 }),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      async (steps, place, change) => {
        const log = logOf(steps);
        const sent = await checkersRead(log.bytesFrom(0), 0, log.abortedFrom(0));
        const damaged = log.bytesFrom(0);
        damaged[place % damaged.length]! ^= change;
        const found: TopicRecord[] = [];
        // The wrong offset of a last batch is held against the end of the log.
        const reading = checkersRead(damaged, 0, log.abortedFrom(0), found, log.endOffset);
        await reading.catch((error: unknown) => {
          if (!(error instanceof UnreadableLogError || error instanceof DamagedBytesError)) throw error;
        });
        expect(found).toEqual(sent.slice(0, found.length));
      },
    ),
    { numRuns: 300 },
  );
});

/** A log of two batches of three payments, each a minute apart. */
const EVENTS = ['a', 'b', 'c', 'd', 'e', 'f'].map((id, minute) => record(minute, event(id, minute)));
const SOUND = Buffer.concat(
  [0, 3].map((baseOffset) =>
    batchBytes({
      baseOffset,
      baseTimestampMs: EVENTS[0]!.timestampMs,
      records: EVENTS.slice(baseOffset, baseOffset + 3).map(({ key, value }) => ({ key, value })),
    }),
  ),
);

/** verify over these bytes, where the rows are what a processor wrote that had read `processed`. */
async function verifyOver(log: Buffer, processed: readonly TopicRecord[]) {
  const history = faultless([...processed], { checkpointsAt: [6] });
  const inputs = inputsOf({ ...history, logEnd: 6 });
  const reading: VerifyInputs = {
    ...inputs,
    async *records(): AsyncGenerator<readonly TopicRecord[]> {
      yield await checkersRead(log, 0, []);
    },
  };
  return await verify(reading);
}

test('without a fault verify passes over both readers', async () => {
  expect(await verifyOver(SOUND, processorReads(SOUND, 0, []))).toMatchObject({ verdict: 'PASS' });
});

test('a decoder that drops the last record of each batch is seen: its records are lost', async () => {
  const processed = processorReads(SOUND, 0, []).filter(({ offset }) => offset % 3 !== 2);
  const { verdict, guarantees } = await verifyOver(SOUND, processed);
  expect(verdict).toBe('FAIL');
  expect(guarantees.G1.findings.filter(({ kind }) => kind === 'lost').flatMap(({ offsets }) => offsets)).toEqual([
    2, 5,
  ]);
});

test('a decoder that checks no checksum is not followed: of a changed digit verify says that it cannot know', async () => {
  const changed = Buffer.from(SOUND);
  changed[changed.indexOf('10.25')] = 0x39;
  const parts = [changed.subarray(0, 12 + changed.readInt32BE(8)), changed.subarray(12 + changed.readInt32BE(8))];
  const believed = Buffer.concat(parts.map((part) => sealed(Buffer.from(part))));
  const processed = processorReads(believed, 0, []);
  expect(processed).toHaveLength(6);
  const report = await verifyOver(changed, processed);
  expect(report.verdict).toBe('UNKNOWN');
  expect(report.unknown[0]).toContain('CRC32C');
});

test('a decoder that believes a lowered count is not followed either', async () => {
  const lowered = Buffer.from(SOUND);
  lowered.writeInt32BE(2, 57);
  const first = lowered.subarray(0, 12 + lowered.readInt32BE(8));
  for (const log of [lowered, Buffer.concat([sealed(Buffer.from(first)), lowered.subarray(first.length)])]) {
    const report = await verifyOver(
      log,
      EVENTS.filter(({ offset }) => offset !== 2),
    ).catch((error: unknown) => error);
    // The reader names what the decoder throws; here it is on its own.
    if (report instanceof DamagedBytesError) expect(report.message).toContain('more bytes than the 2 records');
    else expect(report).toMatchObject({ verdict: 'UNKNOWN' });
  }
});
