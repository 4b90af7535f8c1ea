import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { ContradictionError } from '../../base/errors.ts';
import type { Runtime } from '../../base/runtime.ts';
import { recordFingerprint } from '../../payments/event/hash.ts';
import type { LogRecord } from '../../payments/types.ts';
import { type ProcessorEvent, silentObserver } from '../events.ts';
import type { FetchAnswer, LogBounds, PartitionReader, SkippedRange } from '../ports.ts';
import { type CursorOptions, firstOffsetToRead, LogCursor } from './log-cursor.ts';

function record(offset: number, text = `value ${offset}`): LogRecord {
  return { offset, timestampMs: 1_000 + offset, key: Buffer.from('k'), value: Buffer.from(text) };
}

function answer(askedFrom: number, completeTo: number, over: Partial<FetchAnswer> = {}): FetchAnswer {
  const records = Array.from({ length: completeTo - askedFrom }, (_, i) => record(askedFrom + i));
  return { askedFrom, completeTo, records, byteLength: 100, endOffset: 100, session: 1, ...over };
}

function givenUp(from: number, to: number): SkippedRange {
  return { from, to, reason: 'lost', by: 'me', atMs: 0 };
}

/** Hands out scripted answers. Records seeks, which do not change the answers. */
class ScriptedReader implements PartitionReader {
  readonly seeks: number[] = [];
  readonly #answers: FetchAnswer[];
  constructor(answers: readonly FetchAnswer[]) {
    this.#answers = [...answers];
  }
  async read(): Promise<FetchAnswer> {
    const next = this.#answers.shift();
    if (next === undefined) throw new Error('the script is over');
    return next;
  }
  seek(offset: number): void {
    this.seeks.push(offset);
  }
  close(): void {}
}

const noWaiting: Runtime = {
  nowMs: () => 0,
  monotonicMs: () => 0,
  sleep: async () => {},
  random: () => 0,
  uuid: () => 'id',
};

function cursorOver(answers: readonly FetchAnswer[], over: Partial<CursorOptions> = {}) {
  const reader = new ScriptedReader(answers);
  const cursor = new LogCursor({
    partition: 0,
    reader,
    runtime: noWaiting,
    observer: silentObserver,
    bounds: async () => ({ startOffset: 0, endOffset: 100 }),
    expectedOffset: 10,
    writtenTo: 10,
    fingerprint: null,
    skipped: [],
    logEndPatienceMs: 1_000,
    ...over,
  });
  const next = async (limit?: number) => {
    const { records, nextOffset } = await cursor.next(new AbortController().signal, limit);
    return { offsets: records.map((r) => r.offset), nextOffset };
  };
  return { reader, cursor, next };
}

async function contradiction(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(ContradictionError);
  return (error as ContradictionError).code;
}

describe('log cursor', () => {
  it('yields connecting answers as they come', async () => {
    const { next } = cursorOver([answer(10, 13), answer(13, 15)]);
    expect(await next()).toEqual({ offsets: [10, 11, 12], nextOffset: 13 });
    expect(await next()).toEqual({ offsets: [13, 14], nextOffset: 15 });
  });

  it('compares the last folded record if the first answer holds it, then yields the rest', async () => {
    const { next, reader } = cursorOver([answer(9, 12), answer(12, 14)], { fingerprint: recordFingerprint(record(9)) });
    expect(await next()).toEqual({ offsets: [10, 11], nextOffset: 12 });
    expect(await next()).toEqual({ offsets: [12, 13], nextOffset: 14 });
    expect(reader.seeks).toEqual([]);
  });

  it('hands on the last folded record once it was seen unchanged, and yields nothing before that is done', async () => {
    const seen: number[] = [];
    const isOver = Promise.withResolvers<void>();
    const { cursor } = cursorOver([answer(9, 12)], {
      fingerprint: recordFingerprint(record(9)),
      seenAgain: (record) => {
        seen.push(record.offset);
        return isOver.promise;
      },
    });
    let isYielded = false;
    const yielding = cursor.next(new AbortController().signal).then(() => {
      isYielded = true;
    });
    await setImmediate();
    expect([seen, isYielded]).toEqual([[9], false]);
    isOver.resolve();
    await yielding;
    expect(isYielded).toBe(true);
  });

  it('yields nothing where the last folded record can no longer be read', async () => {
    const { next } = cursorOver([answer(9, 12)], {
      fingerprint: recordFingerprint(record(9)),
      seenAgain: () => Promise.reject(new ContradictionError('schema_missing', 'its schema is gone')),
    });
    expect(await contradiction(next())).toBe('schema_missing');
  });

  it('yields nothing of a first answer that holds another record in its place', async () => {
    const { next } = cursorOver([answer(9, 12)], { fingerprint: recordFingerprint(record(9, 'another')) });
    expect(await contradiction(next())).toBe('log_changed');
  });

  it('reads best from the record that is compared first', () => {
    expect(firstOffsetToRead(null, 10)).toBe(10);
    expect(firstOffsetToRead(recordFingerprint(record(7)), 10)).toBe(7);
  });

  it('continues if retention deletes the record to be seen again during the search for it', async () => {
    const bounds = [0, 10, 10].map((startOffset) => ({ startOffset, endOffset: 100 }));
    // The reader reports an offset out of range by an empty answer at the log's start, in a new session.
    const answers = [answer(10, 13), answer(10, 10, { session: 2 }), answer(10, 13, { session: 2 })];
    const { next, reader } = cursorOver(answers, {
      fingerprint: recordFingerprint(record(9)),
      bounds: async () => bounds.shift() ?? { startOffset: 10, endOffset: 100 },
    });
    expect(await next()).toEqual({ offsets: [10, 11, 12], nextOffset: 13 });
    expect(reader.seeks).toEqual([9]);
  });

  it('ignores records below the expected offset', async () => {
    const { next } = cursorOver([answer(8, 12)]);
    expect(await next()).toEqual({ offsets: [10, 11], nextOffset: 12 });
  });

  it('accepts offsets without records that an answer covers', async () => {
    const { next } = cursorOver([answer(10, 16, { records: [record(10), record(12)] })]);
    expect(await next()).toEqual({ offsets: [10, 12], nextOffset: 16 });
  });

  it('does not take a hole for markers when the log starts past our place', async () => {
    const { next } = cursorOver([answer(10, 16, { records: [record(15)] })], {
      bounds: async () => ({ startOffset: 15, endOffset: 100 }),
    });
    expect(await contradiction(next())).toBe('retention_gap');
  });

  it('seeks back when the client jumped ahead, and yields nothing of the jump', async () => {
    const { next, reader } = cursorOver([answer(20, 22), answer(10, 12)]);
    expect(await next()).toEqual({ offsets: [10, 11], nextOffset: 12 });
    expect(reader.seeks).toEqual([10]);
  });

  it('stops with a named error when the client jumped because records were deleted', async () => {
    const { next } = cursorOver([answer(20, 22)], { bounds: async () => ({ startOffset: 20, endOffset: 100 }) });
    expect(await contradiction(next())).toBe('retention_gap');
  });

  it('waits for a log that seems to end before our place, then calls it truncated', async () => {
    const ends: LogBounds[] = [5, 5, 100].map((endOffset) => ({ startOffset: 0, endOffset }));
    const { next } = cursorOver([answer(0, 2), answer(10, 11)], {
      bounds: async () => ends.shift() ?? { startOffset: 0, endOffset: 100 },
    });
    expect(await next()).toEqual({ offsets: [10], nextOffset: 11 });
    const short = cursorOver([answer(0, 2, { endOffset: 5 })], {
      bounds: async () => ({ startOffset: 0, endOffset: 5 }),
    });
    expect(await contradiction(short.next())).toBe('log_truncated');
    let isCut = false;
    const silent = cursorOver([answer(10, 11), answer(11, 11, { endOffset: 5 }), answer(11, 12)], {
      bounds: async () => ({ startOffset: 0, endOffset: isCut ? 5 : 100 }),
    });
    expect(await silent.next()).toEqual({ offsets: [10], nextOffset: 11 });
    isCut = true;
    expect(await contradiction(silent.next())).toBe('log_truncated');
    const cut = cursorOver([answer(10, 13)], { writtenTo: 101 });
    expect(await contradiction(cut.next())).toBe('log_truncated');
  });

  it('sees the checkpointed record again before it yields anything', async () => {
    const { next, reader } = cursorOver([answer(10, 12), answer(9, 13)], { fingerprint: recordFingerprint(record(9)) });
    expect(await next()).toEqual({ offsets: [10, 11, 12], nextOffset: 13 });
    expect(reader.seeks).toEqual([9]);
  });

  it('stops when the checkpointed record is another one now', async () => {
    const changed = recordFingerprint(record(9, 'as it was folded'));
    const { next } = cursorOver([answer(10, 12), answer(9, 12)], { fingerprint: changed });
    expect(await contradiction(next())).toBe('log_changed');
  });

  it('stops when the checkpointed record is missing in a log that reaches back to it', async () => {
    const gone = recordFingerprint(record(9));
    const { next } = cursorOver([answer(10, 12), answer(9, 12, { records: [record(10), record(11)] })], {
      fingerprint: gone,
    });
    expect(await contradiction(next())).toBe('log_changed');
  });

  it('continues without the check when the checkpointed record is no longer retained', async () => {
    const { next } = cursorOver([answer(10, 12)], {
      fingerprint: recordFingerprint(record(9)),
      bounds: async () => ({ startOffset: 10, endOffset: 100 }),
    });
    expect(await next()).toEqual({ offsets: [10, 11], nextOffset: 12 });
  });

  it('checks the last folded record again whenever the client may have lost its place', async () => {
    const seen: ProcessorEvent[] = [];
    const { next, reader } = cursorOver(
      [answer(10, 12), answer(12, 14, { session: 2 }), answer(11, 14, { session: 2 })],
      {
        observer: { emit: (event) => seen.push(event) },
      },
    );
    expect(await next()).toEqual({ offsets: [10, 11], nextOffset: 12 });
    expect(await next()).toEqual({ offsets: [12, 13], nextOffset: 14 });
    expect(reader.seeks).toEqual([11]);
    expect(seen.map((event) => event.type)).toEqual(['log.recheck']);
  });

  it('checks again after delivery below its place', async () => {
    const { next, reader } = cursorOver([answer(10, 12), answer(8, 12), answer(11, 13)]);
    await next();
    expect(await next()).toEqual({ offsets: [12], nextOffset: 13 });
    expect(reader.seeks).toEqual([11]);
  });

  it('keeps what lies past a limit for the next call', async () => {
    const { next, cursor } = cursorOver([answer(10, 14)]);
    expect(await next(12)).toEqual({ offsets: [10, 11], nextOffset: 12 });
    expect(cursor.fingerprint()).toBe(recordFingerprint(record(11)));
    expect(await next()).toEqual({ offsets: [12, 13], nextOffset: 14 });
  });

  it('steps over offsets given up on purpose', async () => {
    const { next, reader } = cursorOver([answer(14, 17), answer(17, 20)], {
      skipped: [givenUp(8, 14), givenUp(18, 19)],
    });
    expect(await next()).toEqual({ offsets: [14, 15, 16], nextOffset: 17 });
    expect(await next()).toEqual({ offsets: [17, 19], nextOffset: 20 });
    expect(reader.seeks).toEqual([14]);
  });

  it('takes its place behind offsets given up although the log ends there', async () => {
    const { next } = cursorOver([answer(10, 20), answer(30, 30, { endOffset: 30 }), answer(30, 31)], {
      skipped: [givenUp(20, 30)],
    });
    expect(await next()).toEqual({ offsets: answer(10, 20).records.map((r) => r.offset), nextOffset: 20 });
    expect(await next()).toEqual({ offsets: [], nextOffset: 30 });
    expect(await next()).toEqual({ offsets: [30], nextOffset: 31 });
  });

  it('goes past offsets given up where retention took them, and not an offset further', async () => {
    const bounds = async () => ({ startOffset: 20, endOffset: 100 });
    const past = cursorOver([answer(20, 22)], { skipped: [givenUp(10, 20)], bounds });
    expect(await past.next()).toEqual({ offsets: [20, 21], nextOffset: 22 });
    for (const range of [givenUp(10, 19), givenUp(11, 20)]) {
      const { next } = cursorOver([answer(20, 22), answer(20, 22)], { skipped: [range], bounds });
      expect(await contradiction(next())).toBe('retention_gap');
    }
  });

  it('sees the record before offsets given up again, and reads none of them on the way', async () => {
    const { next, reader } = cursorOver([answer(20, 22), answer(9, 12), answer(20, 22)], {
      fingerprint: recordFingerprint(record(9)),
      skipped: [givenUp(10, 20)],
    });
    expect(await next()).toEqual({ offsets: [20, 21], nextOffset: 22 });
    expect(reader.seeks).toEqual([20, 9, 20]);
    const changed = cursorOver([answer(20, 22), answer(9, 12)], {
      fingerprint: recordFingerprint(record(9, 'another')),
      skipped: [givenUp(10, 20)],
    });
    expect(await contradiction(changed.next())).toBe('log_changed');
  });
});
