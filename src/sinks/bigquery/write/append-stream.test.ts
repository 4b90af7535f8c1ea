import { describe, expect, it } from 'vitest';
import { UnreachableError } from '../../../base/errors.ts';
import { rows, STREAM, start } from '../testing/append-fixture.ts';
import { settle } from '../testing/virtual-runtime.ts';
import { GRPC_STATUS } from './write-rpc.ts';

describe('append stream: order and window', () => {
  it('connects on first use and sends at consecutive offsets, the schema once', async () => {
    const { rpc, append } = start();
    expect(rpc.calls).toHaveLength(0);
    append(3);
    append(2);
    append(5);
    expect(rpc.calls).toHaveLength(1);
    expect(rpc.lastCall.offsets).toEqual([0, 3, 5]);
    expect(rpc.lastCall.requests.map(({ withSchema }) => withSchema)).toEqual([true, false, false]);
    expect(rpc.lastCall.requests.every(({ writeStream }) => writeStream === STREAM.name)).toBe(true);
  });

  it('resolves each append on its own answer only', async () => {
    const { rpc, append } = start();
    const [first, second] = [append(3), append(2)];
    rpc.lastCall.acknowledge(0);
    await settle();
    expect([first.state, second.state]).toEqual(['done', 'pending']);
    rpc.lastCall.acknowledge(undefined); // the service may leave the offset out
    await settle();
    expect(second.state).toBe('done');
  });

  it('keeps at most the allowed requests in flight, and sends the next when one is answered', () => {
    const { rpc, append } = start({ maxInFlightRequests: 2 });
    for (let i = 0; i < 4; i++) append(1);
    expect(rpc.lastCall.offsets).toEqual([0, 1]);
    rpc.lastCall.acknowledge(0);
    expect(rpc.lastCall.offsets).toEqual([0, 1, 2]);
  });

  it('keeps at most the allowed bytes in flight, but always sends one request', () => {
    const { rpc, append } = start({ maxInFlightBytes: 150 });
    append(1, 400);
    append(1, 100);
    append(1, 100);
    expect(rpc.lastCall.offsets).toEqual([0]);
    rpc.lastCall.acknowledge(0);
    expect(rpc.lastCall.offsets).toEqual([0, 1]);
  });

  it('refuses an empty append and a queue without bound', async () => {
    const { stream, append } = start({ maxQueued: 2 });
    await expect(stream.append(rows(0))).rejects.toThrow('at least one row');
    append(1);
    append(1);
    await expect(stream.append(rows(1))).rejects.toThrow('too many appends');
  });
});

describe('append stream: connection lost', () => {
  it('sends again from the first unacknowledged request, in order, same bytes and offsets', async () => {
    const { rpc, runtime, append } = start();
    const outcomes = [append(3), append(2), append(4)];
    const first = rpc.lastCall;
    first.acknowledge(0);
    first.over(GRPC_STATUS.UNAVAILABLE, 'gone away');
    await runtime.advance(1_000);
    expect(rpc.calls).toHaveLength(2);
    expect(rpc.lastCall.offsets).toEqual([3, 5]);
    expect(rpc.lastCall.requests.map(({ payload }) => payload)).toEqual(
      first.requests.slice(1).map(({ payload }) => payload),
    );
    expect(rpc.lastCall.requests[0]!.withSchema).toBe(true);
    rpc.lastCall.acknowledge(3);
    rpc.lastCall.acknowledge(5);
    await settle();
    expect(outcomes.map(({ state }) => state)).toEqual(['done', 'done', 'done']);
  });

  it('lets the memory of rows be used again once they are acknowledged, unless they were sent twice', async () => {
    const { rpc, runtime, stream } = start();
    const released: number[] = [];
    for (const number of [1, 2, 3]) void stream.append({ ...rows(2), lease: { release: () => released.push(number) } });
    const first = rpc.lastCall;
    expect(released).toEqual([]);
    first.acknowledge(0);
    expect(released).toEqual([1]);
    first.over(GRPC_STATUS.UNAVAILABLE, 'gone away');
    await runtime.advance(1_000);
    void stream.append({ ...rows(2), lease: { release: () => released.push(4) } });
    for (const offset of [2, 4, 6]) rpc.lastCall.acknowledge(offset);
    expect(released).toEqual([1, 4]);
  });

  it('takes ALREADY_EXISTS on a resend for arrived when the expected offset is at or past its end', async () => {
    const { rpc, runtime, append } = start();
    const [first, second] = [append(3), append(2)];
    rpc.lastCall.over(GRPC_STATUS.UNAVAILABLE);
    await runtime.advance(1_000);
    rpc.lastCall.refuse(
      GRPC_STATUS.ALREADY_EXISTS,
      'The offset is within stream, expected offset 5, received 0',
      'OFFSET_ALREADY_EXISTS',
    );
    rpc.lastCall.refuse(GRPC_STATUS.ALREADY_EXISTS, 'Offset 3 already committed; next expected 5');
    await settle();
    expect([first.state, second.state]).toEqual(['done', 'done']);
  });

  it.each([
    ['names an offset inside the batch', 'expected offset 2, received 0'],
    ['names an offset past all that was ever sent', 'expected offset 9, received 0'],
    ['names no offset', 'the rows exist'],
  ])('is confused by ALREADY_EXISTS on a resend that %s', async (_, message) => {
    const { rpc, runtime, append } = start();
    const outcome = append(3);
    rpc.lastCall.over(GRPC_STATUS.UNAVAILABLE);
    await runtime.advance(1_000);
    rpc.lastCall.refuse(GRPC_STATUS.ALREADY_EXISTS, message);
    await settle();
    expect(outcome.state).toMatchObject({ name: 'WriterLostError', kind: 'confused' });
  });

  it('is confused by ALREADY_EXISTS on a first send: the rows there are not ours', async () => {
    const { rpc, append } = start();
    const outcome = append(3);
    rpc.lastCall.refuse(GRPC_STATUS.ALREADY_EXISTS, 'expected offset 3, received 0');
    await settle();
    expect(outcome.state).toMatchObject({ kind: 'confused' });
  });

  it('is confused by ALREADY_EXISTS as the end of a connection: that is no answer to a request', async () => {
    const { rpc, runtime, append } = start();
    const outcome = append(3);
    rpc.lastCall.over(GRPC_STATUS.UNAVAILABLE);
    await runtime.advance(1_000);
    rpc.lastCall.over(GRPC_STATUS.ALREADY_EXISTS, 'expected offset 3, received 0');
    await settle();
    expect(outcome.state).toMatchObject({ name: 'WriterLostError', kind: 'confused' });
  });

  it('reads no answer of an earlier connection', async () => {
    const { rpc, runtime, append } = start();
    const outcomes = [append(3), append(2)];
    const stale = rpc.lastCall;
    stale.over(GRPC_STATUS.INTERNAL);
    stale.acknowledge(0);
    await runtime.advance(1_000);
    stale.acknowledge(0);
    stale.refuse(GRPC_STATUS.INVALID_ARGUMENT, 'finalized', 'STREAM_FINALIZED');
    stale.over(GRPC_STATUS.UNAVAILABLE);
    await settle();
    expect(outcomes.map(({ state }) => state)).toEqual(['pending', 'pending']);
    expect(rpc.calls).toHaveLength(2);
    expect(rpc.lastCall.offsets).toEqual([0, 3]);
  });

  it('queues what is appended while it waits, behind what is sent again', async () => {
    const { rpc, runtime, append } = start();
    append(3);
    rpc.lastCall.over(GRPC_STATUS.UNAVAILABLE);
    append(2);
    expect(rpc.calls).toHaveLength(1);
    await runtime.advance(1_000);
    expect(rpc.lastCall.offsets).toEqual([0, 3]);
  });

  it.each([
    ['ABORTED', GRPC_STATUS.ABORTED],
    ['INTERNAL', GRPC_STATUS.INTERNAL],
    ['RESOURCE_EXHAUSTED', GRPC_STATUS.RESOURCE_EXHAUSTED],
    ['UNAVAILABLE', GRPC_STATUS.UNAVAILABLE],
  ])('goes back to the refused request after %s in band, regardless of the answers to later ones', async (_, code) => {
    const { rpc, runtime, append } = start();
    append(3);
    append(2);
    const first = rpc.lastCall;
    first.refuse(code, 'try later');
    first.refuse(GRPC_STATUS.OUT_OF_RANGE, 'beyond stream, expected offset 0, received 3');
    expect(first.isCancelled).toBe(true);
    await runtime.advance(1_000);
    expect(rpc.lastCall.offsets).toEqual([0, 3]);
  });

  it('drops a connection that ended while idle, and opens a new one for the next append', async () => {
    const { rpc, append } = start();
    append(3);
    rpc.lastCall.acknowledge(0);
    rpc.lastCall.over(GRPC_STATUS.ABORTED, 'closed because of inactivity');
    expect(rpc.calls).toHaveLength(1);
    append(2);
    expect(rpc.calls).toHaveLength(2);
    expect(rpc.lastCall.offsets).toEqual([3]);
    expect(rpc.lastCall.requests[0]!.withSchema).toBe(true);
  });
});

describe('append stream: time', () => {
  it('gives a connection up when the oldest request is not answered in time, and sends again', async () => {
    const { rpc, runtime, append, appendDeadlineMs, waits } = start();
    const outcome = append(3);
    const silent = rpc.lastCall;
    await runtime.advance(appendDeadlineMs - 1);
    expect(silent.isCancelled).toBe(false);
    await runtime.advance(1_001);
    expect(silent.isCancelled).toBe(true);
    expect(waits[0]).toMatchObject({ service: 'bigquery-write', error: expect.stringContaining('no answer') });
    expect(rpc.lastCall.offsets).toEqual([0]);
    rpc.lastCall.acknowledge(0);
    await settle();
    expect(outcome.state).toBe('done');
  });

  it('starts the deadline of a request when it becomes the oldest', async () => {
    const { rpc, runtime, append, appendDeadlineMs } = start();
    append(1);
    append(1);
    await runtime.advance(appendDeadlineMs - 1_000);
    rpc.lastCall.acknowledge(0);
    await runtime.advance(appendDeadlineMs - 1_000);
    expect(rpc.calls).toHaveLength(1);
    expect(rpc.lastCall.isCancelled).toBe(false);
  });

  it('is unreachable after the limit, and says what it last saw', async () => {
    const { rpc, runtime, append, stream } = start({ unreachableAfterMs: 20_000 });
    const outcome = append(3);
    for (let i = 0; i < 60 && outcome.state === 'pending'; i++) {
      rpc.lastCall.over(GRPC_STATUS.UNAVAILABLE, 'connection refused');
      await runtime.advance(5_000);
    }
    expect(outcome.state).toBeInstanceOf(UnreachableError);
    expect(String(outcome.state)).toContain('connection refused');
    await expect(stream.append(rows(1))).rejects.toBeInstanceOf(UnreachableError);
  });

  it('counts only waits without one success in between', async () => {
    const { rpc, runtime, append } = start({ unreachableAfterMs: 2_000 });
    const outcomes = [];
    for (let offset = 0; offset < 30; offset++) {
      outcomes.push(append(1));
      rpc.lastCall.over(GRPC_STATUS.UNAVAILABLE);
      await runtime.advance(1_000);
      rpc.lastCall.acknowledge(offset);
      await settle();
    }
    expect(outcomes.every(({ state }) => state === 'done')).toBe(true);
  });

  it('closes an idle connection before the service does, and leaves no timer behind when closed', async () => {
    const { rpc, runtime, stream, append } = start();
    append(1);
    rpc.lastCall.acknowledge(0);
    await runtime.advance(599_000);
    expect(rpc.lastCall.isEnded).toBe(true);
    append(1);
    expect(rpc.calls).toHaveLength(2);
    stream.close();
    await settle();
    expect(runtime.sleeping).toBe(0);
  });
});
