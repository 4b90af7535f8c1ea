/** The append client on the real service, beyond the contract that the simulation shares (src/lab/contract). */
import { describe, expect, it } from 'vitest';
import { systemRuntime } from '../../../base/system-runtime.ts';
import { AcceptedBatch } from '../../../payments/accepted-batch.ts';
import { openBigQuerySink } from '../open-sink.ts';
import type { StreamRef } from '../ports.ts';
import type { ArrowPayload } from '../rows/arrow-encoder.ts';
import { bigQueryEndpoints, type ContractSink, contractSink } from '../testing/contract-endpoints.ts';
import { acceptedRow, STAMP } from '../testing/sample-rows.ts';

const TABLE = 'payment_transactions';

async function newStream(sink: ContractSink): Promise<StreamRef> {
  return { epoch: 1, table: TABLE, name: await sink.streams.create(TABLE), createdAtMs: Date.now() };
}

function encode(sink: ContractSink, fromOffset: number, count: number) {
  const rows = Array.from({ length: count }, (_, i) => acceptedRow(fromOffset + i));
  return sink.encoder.encode(TABLE, AcceptedBatch.of(rows), STAMP);
}

async function countRows(sink: ContractSink): Promise<unknown> {
  const [row] = await sink.queries.runQuery(
    `SELECT COUNT(*) AS n, COUNT(DISTINCT kafka_offset) AS d FROM ${sink.table(TABLE)}`,
  );
  return row;
}

describe('the append client on the service', () => {
  it('content that cannot be read is refused, and not retried', async () => {
    await using sink = await contractSink();
    const rows = encode(sink, 0, 3);
    const { schemaBytes, recordBatchBytes } = rows.payload as ArrowPayload;
    const broken = { ...rows, payload: { schemaBytes, recordBatchBytes: recordBatchBytes.slice(0, 40) } };
    const appender = sink.streams.open(await newStream(sink));
    await expect(appender.append(broken)).rejects.toMatchObject({ name: 'SinkRefusedError' });
    expect(await countRows(sink)).toEqual({ n: 0, d: 0 });
  });

  it('content that ends the call is refused too: a resend would get the answer that it had arrived', async () => {
    await using sink = await contractSink();
    const rows = encode(sink, 0, 1);
    const { schemaBytes, recordBatchBytes } = rows.payload as ArrowPayload;
    const notUtf8 = Buffer.from(recordBatchBytes);
    notUtf8[notUtf8.indexOf('txn-0')] = 0xff;
    const appender = sink.streams.open(await newStream(sink));
    await expect(
      appender.append({ ...rows, payload: { schemaBytes, recordBatchBytes: notUtf8 } }),
    ).rejects.toMatchObject({ name: 'SinkRefusedError' });
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
    const sink = openBigQuerySink({
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
      sink.streams.open(stream).append(sink.encoder.encode(TABLE, AcceptedBatch.of([acceptedRow(0)]), STAMP)),
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
