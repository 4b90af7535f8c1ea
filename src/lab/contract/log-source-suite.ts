/**
 * What the protocol needs of the log through the LogSource port: what an answer says is true, a log that
 * was cut or replaced shows, and neither rebalances nor committed offsets move what is read. Runs unchanged on the simulated
 * and on the real broker.
 *
 * Left to the real one (src/kafka): codecs, sizes, timestamps, bounded memory, silent networks, kafkajs's own habits. Left to
 * the simulation: copies below the position and drift after a rejoin, which our adapter never shows and the cursor above must
 * see through all the same.
 */
import { describe, expect, test } from 'vitest';
import { OwnershipLostError } from '../../base/errors.ts';
import type { FetchAnswer, PartitionReader } from '../../processor/ports.ts';
import type { LogMember, LogUnderTest, MakeLog } from './testing/log-under-test.ts';

export function logSourceContract(name: string, makeLog: MakeLog): void {
  describe(`log of ${name}`, () => {
    group(makeLog);
    reading(makeLog);
    transactions(makeLog);
    cutLogs(makeLog);
    commits(makeLog);
    positions(makeLog);
  });
}

function numbered(count: number, label = 'm', from = 0): string[] {
  return Array.from({ length: count }, (_, i) => `${label}-${from + i}`);
}

const values = (answers: readonly FetchAnswer[]): string[] =>
  answers.flatMap(({ records }) => records.map(({ value }) => value?.toString() ?? ''));

function readOne(log: LogUnderTest, reader: PartitionReader): Promise<FetchAnswer> {
  return log.settle(reader.read(log.patience()));
}

/** Reads on until every record below `to` is in; holds each answer to what the port promises. */
async function readTo(log: LogUnderTest, reader: PartitionReader, from: number, to: number): Promise<FetchAnswer[]> {
  const answers: FetchAnswer[] = [];
  for (let next = from; next < to; ) {
    const answer = await readOne(log, reader);
    expect(answer.askedFrom, 'an answer follows on the one before').toBe(next);
    expect(answer.completeTo).toBeGreaterThanOrEqual(answer.askedFrom);
    expect(answer.endOffset).toBeGreaterThanOrEqual(answer.completeTo);
    expect(answer.session).toBeGreaterThanOrEqual(answers.at(-1)?.session ?? 0);
    const offsets = answer.records.map(({ offset }) => offset);
    expect(offsets, 'ascending').toEqual([...new Set(offsets)].sort((a, b) => a - b));
    expect(offsets.every((offset) => offset >= answer.askedFrom && offset < answer.completeTo)).toBe(true);
    expect(answer.byteLength > 0).toBe(offsets.length > 0);
    next = answer.completeTo;
    answers.push(answer);
  }
  return answers;
}

function group(makeLog: MakeLog): void {
  test('partitions are shared evenly, each to one member; who stays keeps what it had, and has all when alone again', async () => {
    await using log = await makeLog(4);
    const first = await log.join();
    expect(first.assigned).toEqual([0, 1, 2, 3]);
    const second = await log.join();
    await log.until(() => first.assigned.length === 2 && second.assigned.length === 2);
    expect([...first.assigned, ...second.assigned].sort()).toEqual([0, 1, 2, 3]);
    const kept = first.assigned;
    const third = await log.join();
    await log.until(() => first.assigned.length + second.assigned.length + third.assigned.length === 4);
    expect([...first.assigned].filter((partition) => !kept.includes(partition))).toEqual([]);
    for (const { log: leaving } of [second, third]) await log.settle(leaving.stop());
    await log.until(() => first.assigned.length === 4);
  });

  test('a rebalance leaves an open reader where it was, in a new session; one whose partition went ends', async () => {
    await using log = await makeLog(2);
    for (const partition of [0, 1]) await log.append(partition, numbered(100));
    const first = await log.join();
    const readers = [first.log.open(0, 0), first.log.open(1, 0)];
    const before: FetchAnswer[][] = [];
    for (const reader of readers) before.push(await readTo(log, reader, 0, 100));
    const second = await log.join();
    await log.until(() => first.assigned.length === 1 && second.assigned.length === 1);
    const [kept = -1] = first.assigned;
    const lost = 1 - kept;
    await expect(drainedTo(log, readers[lost]!)).rejects.toBeInstanceOf(OwnershipLostError);
    await log.append(kept, numbered(10, 'later'));
    const after = await readTo(log, readers[kept]!, 100, 110);
    expect(values(after)).toEqual(numbered(10, 'later'));
    expect(after.at(-1)!.session).toBeGreaterThan(before[kept]!.at(-1)!.session);
    await expect(readOne(log, first.log.open(lost, 0))).rejects.toBeInstanceOf(OwnershipLostError);
  });

  test('stopping ends what is being read, and hands the partitions on', async () => {
    await using log = await makeLog(1);
    const first = await log.join();
    const reader = first.log.open(0, 0);
    await readOne(log, reader);
    const pending = expect(log.settle(reader.read(log.patience()))).rejects.toBeInstanceOf(OwnershipLostError);
    await log.settle(Promise.all([pending, first.log.stop()]));
    const second = await log.join();
    expect(second.assigned).toEqual([0]);
  });
}

/** Reads until it rejects; bounded, because a reader tells each end of its log once. */
async function drainedTo(log: LogUnderTest, reader: PartitionReader): Promise<void> {
  for (let i = 0; i < 5; i++) await readOne(log, reader);
}

function reading(makeLog: MakeLog): void {
  test('a header is found by its name: the last of several, nothing where there is none', async () => {
    await using log = await makeLog(1);
    await log.appendWithHeaders(0, 'v', [
      ['trace', '1'],
      ['type', 'a'],
      ['type', 'b'],
      ['\u00e9', ''],
    ]);
    await log.appendWithHeaders(0, null, [['type', 'c']]);
    await log.append(0, ['without']);
    const { log: source } = await log.join();
    const answers = await readTo(log, source.open(0, 0), 0, 3);
    const names = ['trace', 'type', '\u00e9', 'Type'];
    const found = answers.flatMap(({ records }) =>
      records.map((record) => names.map((name) => record.header?.(name)?.toString() ?? null)),
    );
    expect(found).toEqual([
      ['1', 'b', '', null],
      [null, 'c', null, null],
      [null, null, null, null],
    ]);
  });

  test('a partition is read from any offset on: every record once, in order', async () => {
    await using log = await makeLog(1);
    await log.append(0, numbered(40));
    const { log: source } = await log.join();
    for (const from of [0, 1, 17, 39, 40]) {
      expect(values(await readTo(log, source.open(0, from), from, 40))).toEqual(numbered(40 - from, 'm', from));
    }
  });

  test('at the end an answer says so once, also of an empty partition; then it waits for more', async () => {
    await using log = await makeLog(1);
    const { log: source } = await log.join();
    const reader = source.open(0, 0);
    expect(await readOne(log, reader)).toMatchObject({ askedFrom: 0, completeTo: 0, records: [], endOffset: 0 });
    const waiting = log.settle(readTo(log, reader, 0, 3));
    await log.append(0, numbered(3));
    expect(values(await waiting)).toEqual(numbered(3));
  });

  test('after a seek comes nothing that was asked for before it', async () => {
    await using log = await makeLog(1);
    await log.append(0, numbered(300));
    const { log: source } = await log.join();
    const reader = source.open(0, 0);
    for (const place of [250, 10, 123, 0, 299]) {
      reader.seek(place);
      const answer = await readOne(log, reader);
      expect([answer.askedFrom, answer.records[0]?.offset]).toEqual([place, place]);
    }
  });

  test('a second reader of a partition closes the first; a closed reader rejects', async () => {
    await using log = await makeLog(1);
    await log.append(0, numbered(5));
    const { log: source } = await log.join();
    const first = source.open(0, 5);
    await readOne(log, first);
    const pending = first.read(log.patience());
    const second = source.open(0, 0);
    await expect(log.settle(pending)).rejects.toBeInstanceOf(OwnershipLostError);
    expect(values(await readTo(log, second, 0, 5))).toEqual(numbered(5));
    second.close();
    second.close();
    await expect(readOne(log, second)).rejects.toBeInstanceOf(OwnershipLostError);
  });

  test('an aborted read rejects with its reason and takes nothing with it', async () => {
    await using log = await makeLog(1);
    const { log: source } = await log.join();
    const reader = source.open(0, 0);
    await readOne(log, reader);
    const abort = new AbortController();
    const aborted = reader.read(abort.signal);
    abort.abort(new Error('no more'));
    await expect(log.settle(aborted)).rejects.toThrow('no more');
    await log.append(0, numbered(2));
    expect(values(await readTo(log, reader, 0, 2))).toEqual(numbered(2));
  });

  test('an outage is waited for: reading resumes where it was, in a new session', async () => {
    await using log = await makeLog(1);
    await log.append(0, numbered(20));
    const member = await log.join();
    const reader = member.log.open(0, 0);
    const { session } = (await readTo(log, reader, 0, 20)).at(-1)!;
    log.outage();
    await log.elapse(3_000);
    await log.append(0, numbered(20, 'later'));
    await log.elapse(3_000);
    log.restore();
    const after = await readTo(log, reader, 20, 40);
    expect(values(after)).toEqual(numbered(20, 'later'));
    expect(after[0]!.session).toBeGreaterThan(session);
    expect(member.failures).toEqual([]);
  });
}

function transactions(makeLog: MakeLog): void {
  test('an open transaction holds back the end; aborted records never show, and they and markers are covered', async () => {
    await using log = await makeLog(1);
    await log.append(0, numbered(3));
    const aborted = await log.transaction(0);
    await aborted.send(['aborted-0', 'aborted-1']);
    await log.append(0, numbered(2, 'between'));
    const { log: source } = await log.join();
    expect(await log.settle(source.bounds(0))).toEqual({ startOffset: 0, endOffset: 3 });
    const reader = source.open(0, 0);
    expect(values(await readTo(log, reader, 0, 3))).toEqual(numbered(3));
    await aborted.abort();
    // Two aborted records, two others, one marker.
    expect(values(await readTo(log, reader, 3, 8))).toEqual(numbered(2, 'between'));
    const kept = await log.transaction(0);
    await kept.send(['kept-0', 'kept-1']);
    await kept.commit();
    await log.append(0, ['last']);
    expect(values(await readTo(log, reader, 8, 12))).toEqual(['kept-0', 'kept-1', 'last']);
    const whole = ['m-0', 'm-1', 'm-2', 'between-0', 'between-1', 'kept-0', 'kept-1', 'last'];
    for (let from = 0; from <= 12; from++) {
      const some = values(await readTo(log, source.open(0, from), from, 12));
      expect(some, `from ${from}`).toEqual(whole.slice(whole.length - some.length));
    }
  });
}

function cutLogs(makeLog: MakeLog): void {
  test('records deleted ahead of the reader show as an answer from elsewhere, in a new session', async () => {
    await using log = await makeLog(1);
    await log.append(0, numbered(100));
    const { log: source } = await log.join();
    const reader = source.open(0, 100);
    const { session } = await readOne(log, reader);
    await log.deleteBelow(0, 60);
    expect(await log.settle(source.bounds(0))).toEqual({ startOffset: 60, endOffset: 100 });
    reader.seek(10);
    const answer = await readOne(log, reader);
    expect([answer.askedFrom, answer.endOffset]).toEqual([60, 100]);
    expect(answer.session).toBeGreaterThan(session);
    const rest = await readTo(log, reader, answer.completeTo, 100);
    expect(values([answer, ...rest])).toEqual(numbered(40, 'm', 60));
  });

  test('an offset past the end shows as an answer from below it, in a new session', async () => {
    await using log = await makeLog(1);
    await log.append(0, numbered(5));
    const { log: source } = await log.join();
    const reader = source.open(0, 5);
    const { session } = await readOne(log, reader);
    reader.seek(50);
    const answer = await readOne(log, reader);
    expect([answer.askedFrom, answer.endOffset]).toEqual([0, 5]);
    expect(answer.session).toBeGreaterThan(session);
  });

  test.for([
    ['shorter', 3],
    ['longer', 40],
  ] as const)('a topic made anew, %s than the old one, shows no record but in a new session', async ([, count]) => {
    await using log = await makeLog(1);
    await log.append(0, numbered(20, 'old'));
    const member = await log.join();
    const reader = member.log.open(0, 0);
    const { session } = (await readTo(log, reader, 0, 20)).at(-1)!;
    await log.recreate(numbered(count, 'new'));
    let answer = await readOne(log, reader);
    while (answer.session === session) {
      expect(values([answer])).toEqual([]);
      answer = await readOne(log, reader);
    }
    expect(answer.session).toBeGreaterThan(session);
    reader.seek(0);
    expect(values(await readTo(log, reader, 0, count))).toEqual(numbered(count, 'new'));
    expect(member.failures).toEqual([]);
  });
}

function commits(makeLog: MakeLog): void {
  const commit = (log: LogUnderTest, member: LogMember, partition: number, offset: number): Promise<void> =>
    // Failure is reported, and harmless.
    log.settle(member.log.commit(partition, offset, 'advice').catch(() => {}));

  test('commits are advice: backwards, past the end, or for a partition of another, they move no reader and end no membership', async () => {
    await using log = await makeLog(2);
    for (const partition of [0, 1]) await log.append(partition, numbered(10));
    const first = await log.join();
    const second = await log.join();
    await log.until(() => first.assigned.length === 1 && second.assigned.length === 1);
    const [own = -1] = first.assigned;
    const reader = first.log.open(own, 0);
    await readTo(log, reader, 0, 10);
    for (const offset of [8, 3, 900]) {
      await commit(log, first, own, offset);
      expect((await log.committed()).get(own)).toBe(offset);
    }
    await commit(log, first, 1 - own, 5);
    await log.append(own, numbered(2, 'later'));
    expect(values(await readTo(log, reader, 10, 12))).toEqual(numbered(2, 'later'));
    await commit(log, first, own, 12);
    expect((await log.committed()).get(own)).toBe(12);
    expect([...first.failures, ...second.failures]).toEqual([]);
  });

  test('what a group has committed can be asked for by its name, and whether it has members', async () => {
    await using log = await makeLog(2);
    await log.append(0, numbered(10));
    const first = await log.join();
    const ask = (groupId: string) => log.settle(first.log.groupOffsets(groupId));
    expect(await ask('nobody')).toEqual({ offsets: new Map(), members: 0 });
    expect(await ask(log.groupId)).toEqual({ offsets: new Map(), members: 1 });
    await commit(log, first, 0, 7);
    expect(await ask(log.groupId)).toEqual({ offsets: new Map([[0, 7]]), members: 1 });
  });

  test('brokers accept the commit of a member for a partition that it has lost: nothing may rest on committed offsets', async () => {
    await using log = await makeLog(2);
    expect(await log.staleCommit()).toBe(17);
  });

  test('group offsets reset to either end have no effect on what is read', async () => {
    await using log = await makeLog(1);
    await log.append(0, numbered(20));
    for (const to of ['earliest', 'latest'] as const) {
      const member = await log.join();
      await commit(log, member, 0, 11);
      await log.settle(member.log.stop());
      await log.resetGroup(to);
      const again = await log.join();
      expect(values(await readTo(log, again.log.open(0, 8), 8, 20))).toEqual(numbered(12, 'm', 8));
      await log.settle(again.log.stop());
    }
  });
}

function positions(makeLog: MakeLog): void {
  test('bounds and offsets by time are those of the log, and a topic tells its partitions', async () => {
    await using log = await makeLog(2);
    for (const timestampMs of [1_000, 2_000, 3_000]) await log.append(0, ['v'], timestampMs);
    const { log: source } = await log.join();
    expect(await log.settle(source.facts())).toMatchObject({ topic: log.topic, partitionCount: 2, compacted: false });
    expect(await log.settle(source.bounds(0))).toEqual({ startOffset: 0, endOffset: 3 });
    expect(await log.settle(source.bounds(1))).toEqual({ startOffset: 0, endOffset: 0 });
    const offsets = await log.settle(Promise.all([0, 1_500, 3_000, 3_001].map((t) => source.offsetAt(0, t))));
    expect(offsets).toEqual([0, 1, 2, 3]);
    expect(await log.settle(source.offsetAt(1, 0))).toBe(0);
  });
}
