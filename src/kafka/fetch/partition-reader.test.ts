import { expect, test } from 'vitest';
import { BugError, ContradictionError, OwnershipLostError } from '../../base/errors.ts';
import { BufferedReader } from './partition-reader.ts';

function newReader(fromOffset = 0) {
  const counts = { wakes: 0, closes: 0, session: 0 };
  const reader = new BufferedReader(0, fromOffset, {
    wake: () => (counts.wakes += 1),
    closed: () => (counts.closes += 1),
    nextSession: () => ++counts.session,
  });
  const deliver = (completeTo: number, endOffset = 100) =>
    reader.deliver(reader.place, {
      askedFrom: reader.place.offset,
      completeTo,
      records: [],
      byteLength: 10,
      endOffset,
    });
  return { reader, deliver, counts };
}

const never = new AbortController().signal;

test('answers leave in order, each from where the one before was complete', async () => {
  const { reader, deliver } = newReader(5);
  deliver(7);
  deliver(12);
  expect(reader.bufferedBytes).toBe(20);
  expect(await reader.read(never)).toMatchObject({ askedFrom: 5, completeTo: 7 });
  expect(await reader.read(never)).toMatchObject({ askedFrom: 7, completeTo: 12 });
  expect(reader.bufferedBytes).toBe(0);
});

test('data requested before a seek is dropped, buffered or in flight', async () => {
  const { reader, deliver } = newReader();
  deliver(5);
  const underWay = reader.place;
  reader.seek(3);
  expect(reader.bufferedBytes).toBe(0);
  reader.deliver(underWay, { askedFrom: 5, completeTo: 9, records: [], byteLength: 1, endOffset: 9 });
  deliver(4);
  expect(await reader.read(never)).toMatchObject({ askedFrom: 3, completeTo: 4 });
});

test('a seek to the same offset still drops what is in flight', () => {
  const { reader } = newReader(5);
  const underWay = reader.place;
  reader.seek(5);
  reader.deliver(underWay, { askedFrom: 5, completeTo: 9, records: [], byteLength: 1, endOffset: 9 });
  expect(reader.place.offset).toBe(5);
});

test('an answer without progress is delivered once, and again when the end or the session changes', async () => {
  const { reader, deliver } = newReader();
  for (const endOffset of [0, 0, 0, 4]) deliver(0, endOffset);
  reader.raiseSession();
  deliver(0, 4);
  deliver(0, 4);
  expect((await reader.read(never)).endOffset).toBe(0);
  expect((await reader.read(never)).endOffset).toBe(4);
  expect((await reader.read(never)).session).toBe(2);
  expect(reader.bufferedBytes).toBe(0);
});

test('an answer without progress leaves the place as it was: a failure there still counts', async () => {
  const { reader, deliver } = newReader(5);
  const place = reader.place;
  deliver(5);
  reader.fail(place, new ContradictionError('codec_missing', 'lz4'));
  expect((await reader.read(never)).completeTo).toBe(5);
  await expect(reader.read(never)).rejects.toThrow('lz4');
});

test('out of range: an empty answer from where reading continues, in a new session', async () => {
  const { reader, deliver } = newReader(50);
  reader.resetTo(reader.place, 7, 20);
  deliver(9);
  expect(await reader.read(never)).toEqual({
    askedFrom: 7,
    completeTo: 7,
    records: [],
    byteLength: 0,
    endOffset: 20,
    session: 2,
  });
  expect(await reader.read(never)).toMatchObject({ askedFrom: 7, completeTo: 9, session: 2 });
});

test('news of a place that was left are ignored: it is in range, and nothing has failed', async () => {
  const { reader, deliver, counts } = newReader(50);
  const left = reader.place;
  reader.seek(5);
  reader.resetTo(left, 7, 20);
  reader.fail(left, new ContradictionError('codec_missing', 'lz4'));
  expect([reader.place.offset, reader.isFetching, counts.session]).toEqual([5, true, 1]);
  deliver(6);
  expect(await reader.read(never)).toMatchObject({ askedFrom: 5, completeTo: 6, session: 1 });
});

test('after a failure nothing more is delivered, and the first one stays', async () => {
  const { reader, deliver, counts } = newReader(5);
  reader.fail(reader.place, new ContradictionError('codec_missing', 'lz4'));
  reader.fail(reader.place, new ContradictionError('codec_missing', 'zstd'));
  reader.resetTo(reader.place, 7, 20);
  deliver(9);
  expect([reader.place.offset, reader.bufferedBytes, counts.session]).toEqual([5, 0, 1]);
  await expect(reader.read(never)).rejects.toThrow('lz4');
});

test('the fetcher is woken by each read that makes room and by each seek, and by nothing else', async () => {
  const { reader, deliver, counts } = newReader();
  deliver(3);
  expect(counts.wakes).toBe(0);
  await reader.read(never);
  expect(counts.wakes).toBe(1);
  const waiting = reader.read(never);
  deliver(4);
  await waiting;
  expect([counts.wakes, reader.bufferedBytes]).toEqual([1, 0]);
  reader.seek(9);
  expect(counts.wakes).toBe(2);
  reader.close();
  reader.seek(9);
  expect(counts.wakes).toBe(2);
});

test('two reads at once are a bug of the caller, with the partition', async () => {
  const { reader, deliver } = newReader();
  expect(reader.partition).toBe(0);
  const waiting = reader.read(never);
  expect(() => reader.read(never)).toThrow(new BugError('partition 0: two reads at once'));
  deliver(3);
  expect((await waiting).completeTo).toBe(3);
});

test('a failure rejects the read that waits, if nothing is buffered', async () => {
  const { reader } = newReader();
  const waiting = reader.read(never);
  reader.fail(reader.place, new ContradictionError('codec_missing', 'lz4'));
  await expect(waiting).rejects.toThrow('lz4');
});

test('a failure comes after what is buffered, and a seek starts over', async () => {
  const { reader, deliver } = newReader();
  deliver(3);
  reader.fail(reader.place, new ContradictionError('codec_missing', 'lz4'));
  expect(reader.isFetching).toBe(false);
  expect((await reader.read(never)).completeTo).toBe(3);
  await expect(reader.read(never)).rejects.toThrow('lz4');
  await expect(reader.read(never)).rejects.toThrow('lz4');
  reader.seek(9);
  deliver(10);
  expect((await reader.read(never)).askedFrom).toBe(9);
});

test('an end rejects the read that waits, drops what is buffered, and stays', async () => {
  const { reader, deliver, counts } = newReader();
  const waiting = reader.read(never);
  reader.end(new OwnershipLostError('gone'));
  await expect(waiting).rejects.toThrow('gone');
  reader.seek(0);
  deliver(5);
  await expect(reader.read(never)).rejects.toThrow('gone');
  reader.close();
  reader.close();
  expect(counts.closes).toBe(1);
});

test('an end frees what is buffered', () => {
  const { reader, deliver } = newReader();
  deliver(5);
  deliver(9);
  expect(reader.bufferedBytes).toBe(20);
  reader.end(new OwnershipLostError('gone'));
  expect(reader.bufferedBytes).toBe(0);
});

test('an aborted read rejects with the reason and takes no answer with it', async () => {
  const { reader, deliver } = newReader();
  const abort = new AbortController();
  const waiting = reader.read(abort.signal);
  abort.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
  await expect(reader.read(abort.signal)).rejects.toThrow('enough');
  deliver(5);
  expect((await reader.read(never)).completeTo).toBe(5);
});
