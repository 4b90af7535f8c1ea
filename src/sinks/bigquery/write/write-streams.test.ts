import { describe, expect, it } from 'vitest';
import { UnreachableError } from '../../../base/errors.ts';
import { DEFAULT_SINK_LIMITS, type SinkLimits } from '../sink-limits.ts';
import { type ScriptedCall, ScriptedRpc } from '../testing/scripted-rpc.ts';
import { settle, VirtualRuntime } from '../testing/virtual-runtime.ts';
import type { InspectTable } from './append-stream.ts';
import { FAR_OFFSET } from './stream-probe.ts';
import { GRPC_STATUS, RpcError } from './write-rpc.ts';
import { BigQueryWriteStreams } from './write-streams.ts';

const STREAM = { epoch: 1, table: 'payment_transactions', name: 'streams/a', createdAtMs: 0 } as const;
const NOT_FOUND = new RpcError(GRPC_STATUS.NOT_FOUND, 'no such stream');
const DAY_MS = 86_400_000;

interface StartOptions {
  readonly isEmulator?: boolean;
  readonly limits?: Partial<SinkLimits>;
  readonly inspectTable?: InspectTable;
}

function start(options: StartOptions = {}) {
  const rpc = new ScriptedRpc();
  const runtime = new VirtualRuntime();
  const streams = new BigQueryWriteStreams({
    rpc,
    runtime,
    dataset: { projectId: 'my-project', dataset: 'payment_data' },
    limits: { ...DEFAULT_SINK_LIMITS, ...options.limits },
    isEmulator: options.isEmulator ?? false,
    encoder: { encode: (table, rows) => ({ rowCount: rows.length, byteLength: 1, payload: table }) },
    inspectTable: options.inspectTable,
  });
  return { rpc, runtime, streams };
}

/** Answers in turn, the last for good. */
function inTurn<T>(...answers: (T | RpcError)[]): () => T | RpcError {
  let next = 0;
  return () => answers[Math.min(next++, answers.length - 1)]!;
}

describe('creating streams', () => {
  it('names the table by its path', async () => {
    const { rpc, streams } = start();
    await streams.create('checkpoint_log');
    expect(rpc.created).toEqual(['projects/my-project/datasets/payment_data/tables/checkpoint_log']);
  });

  it.each([
    ['the service is away', new RpcError(GRPC_STATUS.UNAVAILABLE, 'away')],
    ['the quota is used up', new RpcError(GRPC_STATUS.RESOURCE_EXHAUSTED, 'slow down')],
    ['the table was made a moment ago', NOT_FOUND],
    ['the trailer says so', new RpcError(GRPC_STATUS.INVALID_ARGUMENT, 'no', 'TABLE_NOT_FOUND')],
  ])('waits while %s', async (_, failure) => {
    const { rpc, runtime, streams } = start();
    rpc.onCreate = inTurn<string>(failure, failure, 'streams/new');
    const created = streams.create('payment_transactions');
    await runtime.advance(5_000);
    await expect(created).resolves.toBe('streams/new');
  });

  it('asks for a bounded number at a time', async () => {
    const { rpc, runtime, streams } = start({ limits: { maxConcurrentCreates: 2 } });
    rpc.onCreate = () => new RpcError(GRPC_STATUS.UNAVAILABLE, 'away');
    const created = Array.from({ length: 5 }, () => streams.create('payment_transactions'));
    await settle();
    expect(rpc.created).toHaveLength(2);
    rpc.onCreate = () => 'streams/new';
    await runtime.advance(60_000);
    await expect(Promise.all(created)).resolves.toHaveLength(5);
  });

  it('does not wait for permissions', async () => {
    const { rpc, streams } = start();
    rpc.onCreate = () => new RpcError(GRPC_STATUS.PERMISSION_DENIED, 'no');
    await expect(streams.create('payment_transactions')).rejects.toThrow('permissions');
    expect(rpc.created).toHaveLength(1);
  });
});

describe('finalizing streams', () => {
  it('repeats until there is an answer', async () => {
    const { rpc, runtime, streams } = start();
    rpc.onFinalize = inTurn<{ rowCount: number }>(
      new RpcError(GRPC_STATUS.UNAVAILABLE, 'away'),
      new RpcError(GRPC_STATUS.DEADLINE_EXCEEDED, 'late'),
      { rowCount: 7 },
    );
    const finalized = streams.finalize(STREAM);
    await runtime.advance(5_000);
    await expect(finalized).resolves.toEqual({ state: 'finalized', rowCount: 7 });
  });

  it.each([
    new RpcError(GRPC_STATUS.FAILED_PRECONDITION, 'Stream is already finalized'),
    new RpcError(GRPC_STATUS.INVALID_ARGUMENT, 'the stream', 'STREAM_FINALIZED'),
  ])('takes "finalized before" for an answer: $message', async (failure) => {
    const { rpc, streams } = start();
    rpc.onFinalize = () => failure;
    await expect(streams.finalize(STREAM)).resolves.toEqual({ state: 'gone' });
  });

  const { INVALID_ARGUMENT, FAILED_PRECONDITION, OUT_OF_RANGE, NOT_FOUND: NO_STREAM, PERMISSION_DENIED } = GRPC_STATUS;
  const INVALID = new RpcError(INVALID_ARGUMENT, 'Request contains an invalid argument.');

  /** The outcome of a finalize that is refused with `refusal`, where an append at a far offset is answered as given. */
  async function probed(refusal: RpcError, answer: (call: ScriptedCall) => void) {
    const { rpc, runtime, streams } = start();
    rpc.onFinalize = () => refusal;
    rpc.onCall = (call) => queueMicrotask(() => answer(call));
    const outcome = streams.finalize(STREAM);
    outcome.catch(() => {});
    await runtime.advance(DEFAULT_SINK_LIMITS.unreachableAfterMs + 60_000);
    return { outcome, rpc };
  }

  it.each([
    ['as the service says it', (call: ScriptedCall) => call.refuse(INVALID_ARGUMENT, 'no', 'STREAM_FINALIZED')],
    [
      'as an emulator says it',
      (call: ScriptedCall) => call.refuse(FAILED_PRECONDITION, 'Stream is FINALIZED; no more'),
    ],
    ['at the end of the call', (call: ScriptedCall) => call.over(INVALID_ARGUMENT, 'Stream has been finalized.')],
  ])('learns from an append what a refusal without a word of it means: finalized, %s', async (_, answer) => {
    const { outcome, rpc } = await probed(INVALID, answer);
    await expect(outcome).resolves.toEqual({ state: 'gone' });
    expect(rpc.finalized).toHaveLength(1);
    expect(rpc.calls.map(({ offsets }) => offsets)).toEqual([[FAR_OFFSET]]);
    expect(rpc.lastCall.isCancelled).toBe(true);
  });

  it.each([
    [
      'takes rows',
      (call: ScriptedCall) => call.refuse(OUT_OF_RANGE, 'beyond stream, expected offset 3', 'OFFSET_OUT_OF_RANGE'),
    ],
    [
      'refuses the argument',
      (call: ScriptedCall) => call.refuse(INVALID_ARGUMENT, 'Request contains an invalid argument.'),
    ],
    [
      'is in no state to',
      (call: ScriptedCall) => call.refuse(INVALID_ARGUMENT, 'it is finalized', 'INVALID_STREAM_STATE'),
    ],
    ['is not found', (call: ScriptedCall) => call.over(NO_STREAM, 'no such stream')],
    ['is not ours', (call: ScriptedCall) => call.over(PERMISSION_DENIED, 'no')],
    [
      'refuses the row',
      (call: ScriptedCall) => call.answer({ acknowledged: false, rowErrors: [{ index: 0, message: 'no' }] }),
    ],
    ['says nothing', () => {}],
  ])('never takes a stream for finalized that %s: that ends as unreachable', async (_, answer) => {
    const { outcome, rpc } = await probed(INVALID, answer);
    await expect(outcome).rejects.toBeInstanceOf(UnreachableError);
    await expect(outcome).rejects.toThrow(/invalid argument.*(takes rows|answered by)/i);
    expect(rpc.finalized.length).toBeGreaterThan(3);
  });

  it('stops where the far row is taken', async () => {
    const { outcome } = await probed(INVALID, (call) => call.acknowledge(FAR_OFFSET));
    await expect(outcome).rejects.toThrow(/offsets do not count.*conformance/);
  });

  it.each([
    new RpcError(INVALID_ARGUMENT, 'Cannot finalize projects/p/datasets/is finalized/tables/t: it cannot be finalized'),
    new RpcError(INVALID_ARGUMENT, 'Stream projects/p/datasets/d/tables/t/streams/already_finalized: not supported'),
    new RpcError(FAILED_PRECONDITION, 'the stream is not finalized'),
    new RpcError(INVALID_ARGUMENT, 'it has not yet been finalized'),
    new RpcError(INVALID_ARGUMENT, 'this is not a finalized stream'),
    new RpcError(INVALID_ARGUMENT, 'it is finalized', 'INVALID_STREAM_TYPE'),
  ])('takes no other text for "finalized before": $message', async (refusal) => {
    const { outcome } = await probed(refusal, (call) => call.refuse(OUT_OF_RANGE, 'beyond stream'));
    await expect(outcome).rejects.toBeInstanceOf(UnreachableError);
  });

  it('says what is wrong with a table that is not found as soon as somebody knows it', async () => {
    const fault = new Error('payment_transactions was dropped');
    const asked: string[] = [];
    const inspectTable = async (table: string) => {
      asked.push(table);
      return asked.length < 3 ? undefined : fault;
    };
    const { rpc, runtime, streams } = start({ inspectTable });
    rpc.onFinalize = () => NOT_FOUND;
    rpc.onCreate = () => NOT_FOUND;
    for (const outcome of [
      streams.finalize({ ...STREAM, createdAtMs: runtime.nowMs() }),
      streams.create(STREAM.table),
    ]) {
      outcome.catch(() => {});
      await runtime.advance(10_000);
      await expect(outcome).rejects.toBe(fault);
    }
    expect(new Set(asked)).toEqual(new Set([STREAM.table]));
  });

  it('takes NOT_FOUND at once from an emulator', async () => {
    const { rpc, streams } = start({ isEmulator: true });
    rpc.onFinalize = () => NOT_FOUND;
    await expect(streams.finalize(STREAM)).resolves.toEqual({ state: 'gone' });
  });

  it('takes NOT_FOUND from the service only for a stream that can have expired', async () => {
    const { rpc, runtime, streams } = start();
    rpc.onFinalize = () => NOT_FOUND;
    await expect(streams.finalize({ ...STREAM, createdAtMs: runtime.nowMs() - 3 * DAY_MS })).resolves.toEqual({
      state: 'gone',
    });

    const young = streams.finalize({ ...STREAM, createdAtMs: runtime.nowMs() - DAY_MS });
    await runtime.advance(60_000);
    rpc.onFinalize = () => ({ rowCount: 3 });
    await runtime.advance(60_000);
    await expect(young).resolves.toEqual({ state: 'finalized', rowCount: 3 });
  });

  it('never takes silence for an answer: NOT_FOUND of a young stream ends as unreachable', async () => {
    const { rpc, runtime, streams } = start();
    rpc.onFinalize = () => NOT_FOUND;
    const outcome = streams.finalize({ ...STREAM, createdAtMs: runtime.nowMs() });
    outcome.catch(() => {});
    await runtime.advance(DEFAULT_SINK_LIMITS.notFoundPatienceMs + 60_000);
    await expect(outcome).rejects.toBeInstanceOf(UnreachableError);
    await expect(outcome).rejects.toThrow(/not found for 10 min.*table payment_transactions.*schema print/);
  });
});
