/**
 * What the protocol needs of BigQuery's write streams, at the interface that the simulation replaces (WriteRpc) and at
 * the append client above it. Runs unchanged on the simulated and on the real sink. testing/dialects.ts lists where
 * their answers differ, which one the simulation follows, and why.
 */
import { describe, expect, test } from 'vitest';
import { APPEND_TABLES } from '../../payments/types.ts';
import { DEFAULT_SINK_LIMITS } from '../../sinks/bigquery/sink-limits.ts';
import { expectedOffsetOf } from '../../sinks/bigquery/write/append-answers.ts';
import { AppendStream } from '../../sinks/bigquery/write/append-stream.ts';
import { probeStream } from '../../sinks/bigquery/write/stream-probe.ts';
import { GRPC_STATUS } from '../../sinks/bigquery/write/write-rpc.ts';
import { losingAnswers } from './testing/cut-connection.ts';
import { DIALECTS } from './testing/dialects.ts';
import { encode, newStream, RawCall, stored, TABLE } from './testing/raw-appends.ts';
import type { MakeSink, SinkUnderTest } from './testing/sink-under-test.ts';

/** Repetitions of each race: its timing is random, so one run proves little. */
const ROUNDS = 12;

export function writeStreamsContract(name: string, makeSink: MakeSink): void {
  describe(`write streams of ${name}`, () => {
    offsets(makeSink);
    fence(makeSink);
    connections(makeSink);
    client(makeSink);
  });
}

const numbers = (count: number, from = 0): number[] => Array.from({ length: count }, (_, i) => from + i);

function offsets(makeSink: MakeSink): void {
  test('appends are acknowledged in order, at the offsets that follow one another', async () => {
    await using sink = await makeSink();
    const call = new RawCall(sink, (await newStream(sink)).name);
    call.send(0, 2);
    call.send(2, 1);
    call.send(3, 4);
    await sink.until(() => call.answers.length === 3);
    expect(call.answers.map(({ acknowledged, offset }) => [acknowledged, offset])).toEqual([
      [true, 0],
      [true, 2],
      [true, 3],
    ]);
    expect(await stored(sink)).toEqual(numbers(7));
    call.call.cancel();
  });

  test('an offset that is taken, and one past the end, are refused in band with the offset expected; the call continues', async () => {
    await using sink = await makeSink();
    const call = new RawCall(sink, (await newStream(sink)).name);
    call.send(0, 3);
    call.send(0, 3);
    call.send(1, 1, 100);
    call.send(7, 1, 200);
    call.send(3, 2);
    await sink.until(() => call.answers.length === 5);
    const codes = call.answers.map(({ error }) => error?.code);
    const { ALREADY_EXISTS, OUT_OF_RANGE } = GRPC_STATUS;
    expect(codes).toEqual([undefined, ALREADY_EXISTS, ALREADY_EXISTS, OUT_OF_RANGE, undefined]);
    const expected = call.answers.slice(1, 4).map(({ error }) => expectedOffsetOf(error?.message ?? ''));
    expect(expected).toEqual([3, 3, 3]);
    expect(call.ends).toEqual([]);
    expect(await stored(sink)).toEqual(numbers(5));
    call.call.cancel();
  });

  test('the offset belongs to the stream: another connection learns what the first one wrote', async () => {
    await using sink = await makeSink();
    const { name } = await newStream(sink);
    const first = new RawCall(sink, name);
    first.send(0, 4);
    await sink.until(() => first.answers.length === 1);
    const second = new RawCall(sink, name, sink.another());
    second.send(0, 4);
    second.send(4, 1);
    await sink.until(() => second.answers.length === 2);
    expect(second.answers[0]?.error?.code).toBe(GRPC_STATUS.ALREADY_EXISTS);
    expect(expectedOffsetOf(second.answers[0]?.error?.message ?? '')).toBe(4);
    expect(second.answers[1]).toMatchObject({ acknowledged: true, offset: 4 });
    expect(await stored(sink)).toEqual(numbers(5));
    for (const { call } of [first, second]) call.cancel();
  });

  test('acknowledged rows are seen by every later query', async () => {
    await using sink = await makeSink();
    const other = sink.another();
    const call = new RawCall(sink, (await newStream(sink)).name);
    for (let round = 0; round < ROUNDS; round++) {
      call.send(round * 3, 3);
      await sink.until(() => call.answers.length === round + 1);
      const seen = await sink.settle(other.queries.rowsFrom(TABLE, sink.partition, 0));
      expect(seen).toHaveLength(3 * (round + 1));
    }
    call.call.cancel();
  });

  test('streams are created for every table, each with its own name, also at once', async () => {
    await using sink = await makeSink();
    const tables = [...APPEND_TABLES, ...APPEND_TABLES];
    const names = await sink.settle(Promise.all(tables.map((table) => sink.streams.create(table))));
    expect(new Set(names).size).toBe(tables.length);
    for (const [i, made] of names.entries()) expect(made).toContain(`${sink.tablePath(tables[i]!)}/streams/`);
  });
}

function fence(makeSink: MakeSink): void {
  test('nothing is appended after finalize returned, on an open connection or a new one', async () => {
    await using sink = await makeSink();
    const { name } = await newStream(sink);
    const open = new RawCall(sink, name);
    open.send(0, 2);
    await sink.until(() => open.answers.length === 1);
    expect(await sink.settle(sink.another().rpc.finalizeWriteStream(name))).toEqual({ rowCount: 2 });
    open.send(2, 1);
    const late = new RawCall(sink, name);
    late.send(2, 1);
    await sink.until(() => open.answers.length === 2 && late.answers.length === 1);
    for (const { error } of [open.answers[1]!, late.answers[0]!]) {
      expect(error?.code).toBe(DIALECTS[sink.dialect].finalized.code);
      expect(error?.storageErrorCode).toBe(DIALECTS[sink.dialect].finalized.storageErrorCode);
    }
    expect(await stored(sink)).toEqual([0, 1]);
    for (const { call } of [open, late]) call.cancel();
  });

  test('finalize can be repeated, by anyone, and always gives the exact row count', async () => {
    await using sink = await makeSink();
    const other = sink.another();
    const empty = await newStream(sink);
    const full = await newStream(sink);
    const call = new RawCall(sink, full.name);
    call.send(0, 5);
    call.send(5, 2);
    await sink.until(() => call.answers.length === 2);
    const finalize = ({ name }: { name: string }) =>
      Promise.all([sink, other, sink].map(({ rpc }) => rpc.finalizeWriteStream(name)));
    expect(await sink.settle(finalize(full))).toEqual([{ rowCount: 7 }, { rowCount: 7 }, { rowCount: 7 }]);
    expect(await sink.settle(finalize(full))).toEqual([{ rowCount: 7 }, { rowCount: 7 }, { rowCount: 7 }]);
    expect(await sink.settle(finalize(empty))).toEqual([{ rowCount: 0 }, { rowCount: 0 }, { rowCount: 0 }]);
    call.call.cancel();
  });

  test('of appends that race finalize, exactly those that it counted are there, and no other was acknowledged', async () => {
    for (let round = 0; round < ROUNDS; round++) await raceFinalize(makeSink);
  });

  test('an append far past the end is refused, writes nothing, and tells a stream that takes rows from one that was finalized', async () => {
    await using sink = await makeSink();
    for (const table of APPEND_TABLES) {
      const name = await sink.settle(sink.streams.create(table));
      const probe = () => sink.settle(probeStream({ name, table }, { ...sink.another(), answerWithinMs: 30_000 }));
      expect(await probe()).toEqual({ state: 'live' });
      expect(await sink.settle(sink.rpc.finalizeWriteStream(name))).toEqual({ rowCount: 0 });
      expect(await probe()).toEqual({ state: 'finalized' });
    }
    expect(await stored(sink)).toEqual([]);
  });

  test('finalizing one stream does nothing to another of the same table', async () => {
    await using sink = await makeSink();
    const [one, two] = [await newStream(sink), await newStream(sink)];
    const call = new RawCall(sink, two.name);
    call.send(0, 1);
    await sink.until(() => call.answers.length === 1);
    await sink.settle(sink.rpc.finalizeWriteStream(one.name));
    call.send(1, 1);
    await sink.until(() => call.answers.length === 2);
    expect(call.answers[1]).toMatchObject({ acknowledged: true });
    call.call.cancel();
  });

  test('a stream that is not known is NOT_FOUND, which ends a call, and is gone to the client', async () => {
    await using sink = await makeSink();
    const { name } = await newStream(sink);
    const longAgo = sink.runtime.nowMs() - DEFAULT_SINK_LIMITS.streamExpiresAfterMs;
    const unknown = { epoch: 1, table: TABLE, name: name.replace(/[^/]+$/, '0123456789abcdef') } as const;
    const missing = sink.settle(sink.rpc.finalizeWriteStream(unknown.name));
    await expect(missing).rejects.toMatchObject({ name: 'RpcError', code: GRPC_STATUS.NOT_FOUND });
    const call = new RawCall(sink, unknown.name);
    call.send(0, 1);
    await sink.until(() => call.ends.length === 1);
    expect(call.ends[0]?.code).toBe(GRPC_STATUS.NOT_FOUND);
    const stream = { ...unknown, createdAtMs: longAgo };
    expect(await sink.settle(sink.streams.finalize(stream))).toEqual({ state: 'gone' });
    await expect(sink.settle(sink.streams.open(stream).append(encode(sink, 0, 1)))).rejects.toMatchObject({
      kind: 'gone',
    });
    expect(await stored(sink)).toEqual([]);
  });
}

async function raceFinalize(makeSink: MakeSink): Promise<void> {
  await using sink = await makeSink();
  const { name } = await newStream(sink);
  const call = new RawCall(sink, name);
  call.send(0, 5);
  await sink.until(() => call.answers.length === 1);
  for (let i = 1; i < 8; i++) call.send(i * 5, 5);
  const { rowCount } = await sink.settle(sink.another().rpc.finalizeWriteStream(name));
  await sink.until(() => call.answers.length === 8);
  const acknowledged = call.answers.filter((answer) => answer.acknowledged).length;
  expect(acknowledged * 5).toBe(rowCount);
  expect(call.answers.slice(0, acknowledged).every((answer) => answer.acknowledged)).toBe(true);
  expect(await stored(sink)).toEqual(numbers(rowCount));
  call.call.cancel();
}

function connections(makeSink: MakeSink): void {
  test('after end() the answers still come, then an end without an error; handlers never run within our own calls', async () => {
    await using sink = await makeSink();
    const call = new RawCall(sink, (await newStream(sink)).name);
    call.send(0, 1);
    call.send(1, 1);
    call.end();
    await sink.until(() => call.ends.length > 0);
    await sink.elapse(1_000);
    expect(call.answers.map(({ acknowledged }) => acknowledged)).toEqual([true, true]);
    expect(call.ends).toEqual([undefined]);
    expect(call.reentered).toBe(false);
  });

  test('after cancel() some of what was in flight has landed, in order and from the first on; the end comes once', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      await using sink = await makeSink();
      const { name } = await newStream(sink);
      const call = new RawCall(sink, name);
      for (let i = 0; i < 6; i++) call.send(i * 2, 2);
      call.call.cancel();
      await sink.until(() => call.ends.length > 0);
      await sink.elapse(5_000);
      const { rowCount } = await sink.settle(sink.rpc.finalizeWriteStream(name));
      expect(await stored(sink)).toEqual(numbers(rowCount));
      expect(call.ends.map((error) => error?.code)).toEqual([GRPC_STATUS.CANCELLED]);
    }
  });
}

function client(makeSink: MakeSink): void {
  test('the client: a connection that is cut before its answer is made again, and every row is there once', async () => {
    await using sink = await makeSink();
    const stream = await newStream(sink);
    const lossy = appendClient(sink, stream, [1, 3, 4]);
    const appends = Promise.all(numbers(8).map((i) => lossy.append(encode(sink, i * 10, 10))));
    await sink.settle(appends);
    expect(await sink.settle(sink.streams.finalize(stream))).toEqual({ state: 'finalized', rowCount: 80 });
    expect(await stored(sink)).toEqual(numbers(80));
    lossy.close();
  });

  test('the client: appends in flight and later ones fail as finalized when another finalizes the stream', async () => {
    await using sink = await makeSink();
    const stream = await newStream(sink);
    const appender = sink.streams.open(stream);
    await sink.settle(appender.append(encode(sink, 0, 10)));
    const outcome = await sink.settle(sink.another().streams.finalize(stream));
    expect(outcome).toEqual({ state: 'finalized', rowCount: 10 });
    for (let i = 0; i < 2; i++) {
      const refused = sink.settle(appender.append(encode(sink, 10, 10)));
      await expect(refused).rejects.toMatchObject({ name: 'WriterLostError', kind: 'fenced' });
    }
    expect(await stored(sink)).toEqual(numbers(10));
  });

  test('the client: a connection cut over a stream that was finalized meanwhile ends as finalized, and no row is lost or doubled', async () => {
    await using sink = await makeSink();
    const stream = await newStream(sink);
    const lossy = appendClient(sink, stream, [1], async () => {
      await sink.another().streams.finalize(stream);
    });
    const first = lossy.append(encode(sink, 0, 5));
    await expect(sink.settle(first)).rejects.toMatchObject({ kind: expect.stringMatching(/fenced|confused/) });
    const outcome = await sink.settle(sink.streams.finalize(stream));
    expect(outcome).toEqual({ state: 'finalized', rowCount: 5 });
    expect(await stored(sink)).toEqual(numbers(5));
  });
}

/** An append client whose n-th answers (from 1) are lost with their connection, after `before` is done. */
function appendClient(
  sink: SinkUnderTest,
  stream: ConstructorParameters<typeof AppendStream>[0]['stream'],
  lost: readonly number[],
  before: () => Promise<void> = async () => {},
): AppendStream {
  return new AppendStream({
    rpc: losingAnswers(sink.rpc, lost, before),
    runtime: sink.runtime,
    stream,
    limits: { ...DEFAULT_SINK_LIMITS, backoffMinMs: 10 },
  });
}
