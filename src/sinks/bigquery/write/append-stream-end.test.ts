import { describe, expect, it } from 'vitest';
import { RowsRefusedError, SinkRefusedError, UnreachableError, WriterLostError } from '../../../base/errors.ts';
import { DEFAULT_SINK_LIMITS } from '../sink-limits.ts';
import { rows, start } from '../testing/append-fixture.ts';
import { settle } from '../testing/virtual-runtime.ts';
import { GRPC_STATUS } from './write-rpc.ts';

describe('append stream: the end', () => {
  it.each([
    ['fenced', GRPC_STATUS.INVALID_ARGUMENT, 'no more rows', 'STREAM_FINALIZED'],
    ['fenced', GRPC_STATUS.INVALID_ARGUMENT, 'Cannot append to a finalized stream', undefined],
    ['fenced', GRPC_STATUS.FAILED_PRECONDITION, 'Stream is FINALIZED', undefined],
    ['gone', GRPC_STATUS.NOT_FOUND, 'Stream not found', undefined],
    ['confused', GRPC_STATUS.OUT_OF_RANGE, 'beyond stream, expected offset 0, received 3', 'OFFSET_OUT_OF_RANGE'],
    ['confused', GRPC_STATUS.PERMISSION_DENIED, 'no', undefined],
    ['confused', GRPC_STATUS.INVALID_ARGUMENT, 'wrong kind', 'INVALID_STREAM_TYPE'],
  ])('loses the stream as %s on code %i, %s, and rejects everything since', async (kind, code, message, storage) => {
    const { rpc, append, stream } = start();
    const outcomes = [append(3), append(2), append(1)];
    rpc.lastCall.acknowledge(0);
    rpc.lastCall.refuse(code, message, storage);
    await settle();
    expect(outcomes[0]!.state).toBe('done');
    for (const { state } of outcomes.slice(1)) expect(state).toMatchObject({ name: 'WriterLostError', kind });
    expect(rpc.lastCall.isCancelled).toBe(true);
    await expect(stream.append(rows(1))).rejects.toMatchObject({ kind });
  });

  it('loses the stream as gone when the call ends with NOT_FOUND', async () => {
    const { rpc, append } = start();
    const outcome = append(3);
    rpc.lastCall.over(GRPC_STATUS.NOT_FOUND, 'Stream not found');
    await settle();
    expect(outcome.state).toMatchObject({ kind: 'gone' });
  });

  it('is confused by an acknowledgement of another offset, and by an answer to nothing', async () => {
    const other = start();
    const outcome = other.append(3);
    other.rpc.lastCall.acknowledge(7);
    await settle();
    expect(outcome.state).toMatchObject({ kind: 'confused' });

    const nothing = start();
    nothing.append(3);
    nothing.rpc.lastCall.acknowledge(0);
    nothing.rpc.lastCall.acknowledge(3);
    await expect(nothing.stream.append(rows(1))).rejects.toMatchObject({ kind: 'confused' });
  });

  it('names the refused row', async () => {
    const { rpc, append } = start();
    const outcome = append(3);
    rpc.lastCall.answer({ acknowledged: false, rowErrors: [{ index: 2, message: 'bad amount' }] });
    await settle();
    expect(outcome.state).toBeInstanceOf(RowsRefusedError);
    expect(outcome.state).toMatchObject({ rowIndex: 2, message: expect.stringContaining('bad amount') });
  });

  it.each([
    [
      'a schema that has not spread',
      'SCHEMA_MISMATCH_EXTRA_FIELDS',
      'Input schema has more fields than BigQuery schema',
    ],
    ['a key that is not there', 'CMEK_NOT_PROVIDED', 'no key'],
    ['no storage error', undefined, 'Request contains an invalid argument.'],
  ])('takes INVALID_ARGUMENT without row errors for no fault of a record: %s', async (_, storageErrorCode, message) => {
    const { rpc, append, runtime } = start();
    const first = append(1);
    rpc.lastCall.acknowledge(0);
    await settle();
    expect(first.state).toBe('done');
    const outcome = append(3);
    rpc.lastCall.refuse(GRPC_STATUS.INVALID_ARGUMENT, message, storageErrorCode);
    await runtime.advance(1_000);
    expect(outcome.state).toBeInstanceOf(SinkRefusedError);
    expect(outcome.state).toMatchObject({ table: 'payment_transactions', detail: expect.stringContaining(message) });
  });

  describe('on a stream that was made a moment ago', () => {
    const NEW = { isNew: true };
    const patienceMs = DEFAULT_SINK_LIMITS.notFoundPatienceMs;

    it.each([
      ['its stream', GRPC_STATUS.NOT_FOUND, undefined],
      ['its table', GRPC_STATUS.INVALID_ARGUMENT, 'TABLE_NOT_FOUND'],
      ['a column', GRPC_STATUS.INVALID_ARGUMENT, 'SCHEMA_MISMATCH_EXTRA_FIELDS'],
    ])('waits while %s is not known everywhere, and sends again', async (_, code, storageErrorCode) => {
      const { rpc, runtime, append, waits } = start({}, NEW);
      const startedMs = runtime.monotonicMs();
      rpc.onCall = (call) =>
        queueMicrotask(() => {
          if (runtime.monotonicMs() - startedMs > patienceMs / 2) call.acknowledge(0);
          else call.refuse(code, 'not there', storageErrorCode);
        });
      const outcome = append(3);
      await runtime.advance(patienceMs / 2);
      expect(outcome.state).toBe('pending');
      await runtime.advance(patienceMs / 4);
      expect(outcome.state).toBe('done');
      expect(new Set(rpc.calls.flatMap(({ offsets }) => offsets))).toEqual(new Set([0]));
      expect(waits.length).toBe(rpc.calls.length - 1);
    });

    it('does not wait for ever: the end says where to look', async () => {
      const missing = start({}, NEW);
      missing.rpc.onCall = (call) => queueMicrotask(() => call.over(GRPC_STATUS.NOT_FOUND, 'no such table'));
      const outcome = missing.append(1);
      await missing.runtime.advance(patienceMs + 30_000);
      expect(outcome.state).toBeInstanceOf(UnreachableError);
      expect(outcome.state).toMatchObject({
        message: expect.stringMatching(/not found for 10 min.*payment_transactions.*schema print/),
      });

      const other = start({}, NEW);
      other.rpc.onCall = (call) =>
        queueMicrotask(() => call.refuse(GRPC_STATUS.INVALID_ARGUMENT, 'more fields', 'SCHEMA_MISMATCH_EXTRA_FIELDS'));
      const refused = other.append(1);
      await other.runtime.advance(patienceMs + 30_000);
      expect(refused.state).toBeInstanceOf(SinkRefusedError);
    });

    it('waits for nothing once rows were acknowledged, or where the stream is older: it is gone', async () => {
      const used = start({}, NEW);
      used.append(1);
      used.rpc.lastCall.acknowledge(0);
      const lost = used.append(1);
      used.rpc.lastCall.over(GRPC_STATUS.NOT_FOUND, 'no such stream');
      await settle();
      expect(lost.state).toMatchObject({ name: 'WriterLostError', kind: 'gone' });

      const old = start({}, NEW);
      await old.runtime.advance(patienceMs);
      const gone = old.append(1);
      old.rpc.lastCall.over(GRPC_STATUS.NOT_FOUND, 'no such stream');
      await settle();
      expect(gone.state).toMatchObject({ name: 'WriterLostError', kind: 'gone' });
    });

    it('waits for nothing on an emulator, which knows its streams', async () => {
      const { rpc, append } = start({}, { ...NEW, isEmulator: true });
      const outcome = append(1);
      rpc.lastCall.over(GRPC_STATUS.NOT_FOUND, 'no such stream');
      await settle();
      expect(outcome.state).toMatchObject({ kind: 'gone' });
    });

    it('says what is wrong with the table as soon as somebody knows it', async () => {
      const fault = new Error('payment_transactions was dropped');
      const { rpc, runtime, append } = start({}, { ...NEW, inspectTable: async () => fault });
      const outcome = append(1);
      rpc.lastCall.over(GRPC_STATUS.NOT_FOUND, 'no such table');
      await runtime.advance(1_000);
      expect(outcome.state).toBe(fault);
    });
  });

  it('takes an exception text of the emulator for a refusal, any other UNKNOWN for a lost connection', async () => {
    const refused = start();
    const outcome = refused.append(3);
    refused.rpc.lastCall.over(GRPC_STATUS.UNKNOWN, "Unexpected <class 'pyarrow.lib.ArrowInvalid'>: no");
    await settle();
    expect(outcome.state).toBeInstanceOf(SinkRefusedError);

    const lost = start();
    lost.append(3);
    lost.rpc.lastCall.over(GRPC_STATUS.UNKNOWN, 'socket hang up');
    await lost.runtime.advance(1_000);
    expect(lost.rpc.calls).toHaveLength(2);
  });

  it('close rejects what is outstanding, can be repeated, and is not undone by late answers', async () => {
    const { rpc, stream, append } = start();
    const outcome = append(3);
    stream.close();
    stream.close();
    rpc.lastCall.acknowledge(0);
    rpc.lastCall.over(GRPC_STATUS.CANCELLED);
    await settle();
    expect(outcome.state).toBeInstanceOf(WriterLostError);
    expect(rpc.lastCall.isCancelled).toBe(true);
    expect(rpc.calls).toHaveLength(1);
  });

  it('close during a wait sends nothing more, and nobody has to look at the rejection', async () => {
    const { rpc, runtime, stream } = start();
    void stream.append(rows(1));
    rpc.lastCall.over(GRPC_STATUS.UNAVAILABLE);
    stream.close();
    await runtime.advance(60_000);
    expect(rpc.calls).toHaveLength(1);
  });
});
