/** The result of a partition's answers: what is read further, and what indicates another log. */
import { expect, test } from 'vitest';
import { FETCH_ERROR } from '../client/errors.ts';
import { batch } from '../testing/batch-bytes.ts';
import type { FetchedPartition } from './fetch-response.ts';
import { BufferedReader } from './partition-reader.ts';
import { PartitionTrack } from './partition-track.ts';
import { DEFAULT_ANSWER_LIMITS } from './record-batches.ts';

const never = new AbortController().signal;
const SOCKET = {};

function newTrack() {
  let session = 0;
  const reader = new BufferedReader(0, 0, { wake: () => {}, closed: () => {}, nextSession: () => ++session });
  const first = session;
  const counts = { released: 0 };
  const track = new PartitionTrack(reader, 't');
  const take = (over: Partial<FetchedPartition> = {}, limits = DEFAULT_ANSWER_LIMITS) => {
    const answer = {
      ...{ topic: 't', partition: 0, errorCode: 0, highWatermark: 9, lastStableOffset: 9, logStartOffset: 0 },
      ...{ aborted: [], records: Buffer.alloc(0) },
      ...over,
    } as FetchedPartition;
    return track.take(reader.place, answer, SOCKET, limits, { release: () => (counts.released += 1) });
  };
  return { reader, track, take, sessions: () => session - first, counts };
}

const ofEpoch = (leaderEpoch: number, baseOffset: number) => ({ records: batch({ baseOffset, leaderEpoch }) });

test('a leader whose epoch is below one that was seen is the sign of another log', () => {
  const { take, sessions } = newTrack();
  take(ofEpoch(4, 0));
  take(ofEpoch(7, 1));
  take({});
  take(ofEpoch(7, 2));
  expect(sessions()).toBe(0);
  take(ofEpoch(5, 3));
  expect(sessions()).toBe(1);
});

test.each([{ logStartOffset: 2 }, { lastStableOffset: 8 }])(
  'so is a log whose start or end has gone back: $logStartOffset $lastStableOffset',
  (gone) => {
    const { take, sessions } = newTrack();
    take({ logStartOffset: 3 });
    take({ logStartOffset: 3 });
    expect(sessions()).toBe(0);
    take({ logStartOffset: 3, ...gone });
    expect(sessions()).toBe(1);
  },
);

test('an answer of more than one chunk is read on from where the last one ended, until it is over', async () => {
  const { reader, track, take } = newTrack();
  const records = Buffer.concat([
    batch({ baseOffset: 0, values: ['a', 'b'] }),
    batch({ baseOffset: 2, values: ['c', 'd'] }),
  ]);
  const one = { ...DEFAULT_ANSWER_LIMITS, maxRecords: 1 };
  take({ records }, one);
  expect(track.pendingBytes).toBe(records.length);
  const offsets: number[] = [];
  while (track.isPending) await track.readOn(one);
  while (reader.bufferedBytes > 0) offsets.push(...(await reader.read(never)).records.map(({ offset }) => offset));
  expect(offsets).toEqual([0, 1, 2, 3]);
  expect([track.pendingBytes, reader.place.offset]).toEqual([0, 4]);
});

test('the memory of an answer without records is given back at once, of others by who reads them', async () => {
  const { reader, take, counts } = newTrack();
  take();
  expect(counts.released).toBe(1);
  await reader.read(never);
  take({ records: batch({ baseOffset: 0, values: ['a'] }) });
  expect(counts.released).toBe(1);
  (await reader.read(never)).lease?.release();
  expect(counts.released).toBe(2);
});

test('the memory of an answer that is read in chunks is not given back: the rest of it still lies there', async () => {
  const { reader, take, counts } = newTrack();
  take({ records: batch({ baseOffset: 0, values: ['a', 'b'] }) }, { ...DEFAULT_ANSWER_LIMITS, maxRecords: 1 });
  expect((await reader.read(never)).lease).toBeUndefined();
  expect(counts.released).toBe(0);
});

test('an answer that is not read to its end is dropped when the reader is sent elsewhere', () => {
  const { reader, track, take } = newTrack();
  take({ records: batch({ baseOffset: 0, values: ['a', 'b', 'c'] }) }, { ...DEFAULT_ANSWER_LIMITS, maxRecords: 1 });
  track.dropIfStale();
  expect(track.isPending).toBe(true);
  reader.seek(1);
  track.dropIfStale();
  expect(track.isPending).toBe(false);
});

test('a topic that is unknown to its leader is reported as such: it may be deleted', () => {
  const { take, sessions } = newTrack();
  const outcome = take({ errorCode: FETCH_ERROR.unknownTopicOrPartition });
  expect(outcome).toMatchObject({ kind: 'failed', failure: { type: 'UNKNOWN_TOPIC_OR_PARTITION' } });
  expect((outcome as { failure: Error }).failure).toBeInstanceOf(Error);
  expect(sessions()).toBe(1);
});
