import { describe, expect, it } from 'vitest';
import type { StreamRef } from '../processor/ports.ts';
import { systemRuntime } from '../runtime/system-runtime.ts';
import { AppendStream } from './append-stream.ts';
import type { ArrowPayload } from './arrow-encoder.ts';
import { openSink } from './open-sink.ts';
import { DEFAULT_SINK_LIMITS } from './sink-limits.ts';
import { bigQueryEndpoints, type ContractSink, contractSink } from './testing/contract-endpoints.ts';
import { acceptedRow, STAMP } from './testing/sample-rows.ts';
import { type AppendAnswer, type AppendCall, GRPC_STATUS, RpcError, type WriteRpc } from './write-rpc.ts';

const TABLE = 'payment_transactions';

async function newStream(sink: ContractSink): Promise<StreamRef> {
  return { epoch: 1, table: TABLE, name: await sink.streams.create(TABLE), createdAtMs: Date.now() };
}

function encode(sink: ContractSink, fromOffset: number, count: number) {
  const rows = Array.from({ length: count }, (_, i) => acceptedRow(fromOffset + i));
  return sink.encoder.encode(TABLE, rows, STAMP);
}

async function countRows(sink: ContractSink): Promise<unknown> {
  const [row] = await sink.queries.runQuery(
    `SELECT COUNT(*) AS n, COUNT(DISTINCT kafka_offset) AS d FROM ${sink.table(TABLE)}`,
  );
  return row;
}

describe('the append client on the service', () => {
  it('rows are visible to a query as soon as they are acknowledged, and finalize counts them', async () => {
    await using sink = await contractSink();
    const stream = await newStream(sink);
    const appender = sink.streams.open(stream);
    await Promise.all([0, 100, 200, 300].map((offset) => appender.append(encode(sink, offset, 100))));
    expect(await countRows(sink)).toEqual({ n: 400, d: 400 });
    expect(await sink.streams.finalize(stream)).toEqual({ state: 'finalized', rowCount: 400 });
    expect(await sink.streams.finalize(stream)).toEqual({ state: 'finalized', rowCount: 400 });
    appender.close();
  });

  it('nothing is appended after finalize returned: the owner of the stream is told so', async () => {
    await using sink = await contractSink();
    const stream = await newStream(sink);
    const appender = sink.streams.open(stream);
    await appender.append(encode(sink, 0, 10));
    await sink.streams.finalize(stream);
    await expect(appender.append(encode(sink, 10, 10))).rejects.toMatchObject({ kind: 'finalized' });
    expect(await countRows(sink)).toEqual({ n: 10, d: 10 });
  });

  it('of appends that race finalize, exactly those that it counted are there', async () => {
    await using sink = await contractSink();
    const stream = await newStream(sink);
    const appender = sink.streams.open(stream);
    const appends = Array.from({ length: 16 }, (_, i) => appender.append(encode(sink, i * 50, 50)));
    const outcome = await sink.streams.finalize(stream);
    await Promise.allSettled(appends);
    const acknowledged = (await Promise.allSettled(appends)).filter(({ status }) => status === 'fulfilled').length;
    expect(outcome).toMatchObject({ state: 'finalized' });
    const rowCount = outcome.state === 'finalized' ? outcome.rowCount : -1;
    expect(await countRows(sink)).toEqual({ n: rowCount, d: rowCount });
    expect(acknowledged * 50).toBeLessThanOrEqual(rowCount);
  });

  it('a stream that is not known is gone', async () => {
    await using sink = await contractSink();
    const { name } = await newStream(sink);
    const unknown = {
      epoch: 1,
      table: TABLE,
      name: name.replace(/[^/]+$/, '0123456789abcdef'),
      createdAtMs: 0,
    } as const;
    await expect(sink.streams.open(unknown).append(encode(sink, 0, 1))).rejects.toMatchObject({ kind: 'gone' });
    expect(await sink.streams.finalize(unknown)).toEqual({ state: 'gone' });
  });

  it('an acknowledgement that is lost is asked for again: every row is there once', async () => {
    await using sink = await contractSink();
    const stream = await newStream(sink);
    const lossy = new AppendStream({
      rpc: losingAcknowledgements(sink.rpc, [2, 5]),
      runtime: systemRuntime,
      stream,
      limits: { ...DEFAULT_SINK_LIMITS, backoffMinMs: 10 },
    });
    await Promise.all(Array.from({ length: 8 }, (_, i) => lossy.append(encode(sink, i * 100, 100))));
    lossy.close();
    expect(await countRows(sink)).toEqual({ n: 800, d: 800 });
  });

  it('content that cannot be read is refused, and not retried', async () => {
    await using sink = await contractSink();
    const rows = encode(sink, 0, 3);
    const { schemaBytes, recordBatchBytes } = rows.payload as ArrowPayload;
    const broken = { ...rows, payload: { schemaBytes, recordBatchBytes: recordBatchBytes.slice(0, 40) } };
    const appender = sink.streams.open(await newStream(sink));
    await expect(appender.append(broken)).rejects.toMatchObject({ name: 'RowsRefusedError' });
    expect(await countRows(sink)).toEqual({ n: 0, d: 0 });
  });

  it('content that ends the call is refused too: a resend would be told that it had arrived', async () => {
    await using sink = await contractSink();
    const rows = encode(sink, 0, 1);
    const { schemaBytes, recordBatchBytes } = rows.payload as ArrowPayload;
    const notUtf8 = Buffer.from(recordBatchBytes);
    notUtf8[notUtf8.indexOf('txn-0')] = 0xff;
    const appender = sink.streams.open(await newStream(sink));
    await expect(
      appender.append({ ...rows, payload: { schemaBytes, recordBatchBytes: notUtf8 } }),
    ).rejects.toMatchObject({ name: 'RowsRefusedError' });
    expect(await countRows(sink)).toEqual({ n: 0, d: 0 });
  });

  it('120 streams are open at a time: they do not stall each other', async () => {
    await using sink = await contractSink();
    const streams = await Promise.all(Array.from({ length: 120 }, () => newStream(sink)));
    const appenders = streams.map((stream) => sink.streams.open(stream));
    await Promise.all(appenders.map((appender, i) => appender.append(encode(sink, i, 1))));
    expect(await countRows(sink)).toEqual({ n: 120, d: 120 });
    for (const appender of appenders) appender.close();
  });

  it('says that it waits while the service is away, and gives up at its limit', async () => {
    const waits: string[] = [];
    const sink = openSink({
      projectId: 'provenonce-contract',
      dataset: 'away',
      ...bigQueryEndpoints(),
      emulatorHost: '127.0.0.1:9', // discard: nobody listens
      storageEmulatorHost: '127.0.0.1:9',
      runtime: systemRuntime,
      limits: { unreachableAfterMs: 300, backoffMinMs: 20 },
      onWaiting: ({ service, what }) => waits.push(`${service}: ${what}`),
    });
    const unreachable = { name: 'UnreachableError' };
    await expect(sink.queries.topics()).rejects.toMatchObject(unreachable);
    await expect(sink.streams.create(TABLE)).rejects.toMatchObject(unreachable);
    const stream = {
      epoch: 1,
      table: TABLE,
      name: 'projects/p/datasets/d/tables/t/streams/s',
      createdAtMs: 0,
    } as const;
    await expect(
      sink.streams.open(stream).append(sink.encoder.encode(TABLE, [acceptedRow(0)], STAMP)),
    ).rejects.toMatchObject(unreachable);
    expect(new Set(waits.map((wait) => wait.split(' to ')[0]))).toEqual(
      new Set([
        'bigquery: topics of the dataset',
        'bigquery-write: new write stream for payment_transactions',
        'bigquery-write: append',
      ]),
    );
    await sink.close();
  });
});

/** Drops the n-th acknowledgements (after their effect), and the connection with them. */
function losingAcknowledgements(rpc: WriteRpc, lost: readonly number[]): WriteRpc {
  let answers = 0;
  return {
    createWriteStream: (path) => rpc.createWriteStream(path),
    finalizeWriteStream: (name) => rpc.finalizeWriteStream(name),
    close: () => rpc.close(),
    appendRows(name, handlers) {
      let isCut = false;
      const call: AppendCall = rpc.appendRows(name, {
        onAnswer(answer: AppendAnswer) {
          if (isCut) return;
          if (!lost.includes(++answers)) {
            handlers.onAnswer(answer);
            return;
          }
          isCut = true;
          call.cancel();
          handlers.onEnd(new RpcError(GRPC_STATUS.UNAVAILABLE, 'cut'));
        },
        onEnd: (error) => {
          if (!isCut) handlers.onEnd(error);
        },
      });
      return call;
    },
  };
}
