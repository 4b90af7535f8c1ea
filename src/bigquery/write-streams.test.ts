import { describe, expect, it } from 'vitest';
import { UnreachableError } from '../processor/errors.ts';
import { DEFAULT_SINK_LIMITS, type SinkLimits } from './sink-limits.ts';
import { ScriptedRpc } from './testing/scripted-rpc.ts';
import { settle, VirtualRuntime } from './testing/virtual-runtime.ts';
import { GRPC_STATUS, RpcError } from './write-rpc.ts';
import { BigQueryWriteStreams } from './write-streams.ts';

const STREAM = { epoch: 1, table: 'payment_transactions', name: 'streams/a', createdAtMs: 0 } as const;
const NOT_FOUND = new RpcError(GRPC_STATUS.NOT_FOUND, 'no such stream');
const DAY_MS = 86_400_000;

function start(options: { readonly isEmulator?: boolean; readonly limits?: Partial<SinkLimits> } = {}) {
  const rpc = new ScriptedRpc();
  const runtime = new VirtualRuntime();
  const streams = new BigQueryWriteStreams({
    rpc,
    runtime,
    dataset: { projectId: 'my-project', dataset: 'payment_data' },
    limits: { ...DEFAULT_SINK_LIMITS, ...options.limits },
    isEmulator: options.isEmulator ?? false,
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
  });
});
