import { describe, expect, it } from 'vitest';
import { contractSink } from '../testing/contract-endpoints.ts';
import { acceptedRow, appendRows, checkpoint, exceptionRow, NOON_MS } from '../testing/sample-rows.ts';

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

describe('rows through Arrow into the sink and back', () => {
  it('payments come back exactly: unicode, the smallest and the greatest amount, milliseconds', async () => {
    await using sink = await contractSink();
    const rows = [
      acceptedRow(0, { transactionId: 'Überweisung "1",\n\t\\ 😀 日本', amount: 1n }),
      acceptedRow(1, { amount: 10n ** 24n, eventTimeMs: NOON_MS + 123 }),
      acceptedRow(2, { amount: 2n ** 64n - 1n, region: "o'brien; DROP TABLE x --" }),
      acceptedRow(3, { amount: 2n ** 64n, eventTimeMs: 1_500_000_000_001 }),
      acceptedRow(Number.MAX_SAFE_INTEGER, { amount: 1_234_500_000_000n, receiverAccountId: 'ﬀ\u{10ffff}' }),
    ];
    await appendRows(sink, 'payment_transactions', rows, { writerEpoch: 3 });
    const expected = rows.map(({ kafkaOffset, payment }) => ({ kafkaOffset, payment }));
    expect(await sink.queries.rowsFrom('payment_transactions', 0, 0)).toEqual(
      expected.map((row) => ({ row, writerEpoch: 3 })),
    );
    expect(await sink.queries.rowsFrom('payment_transactions', 0, 2)).toHaveLength(3);
    const batches = await collect(sink.queries.payments(0, Number.MAX_SAFE_INTEGER, 0));
    expect(batches.flat()).toEqual(expected.slice(0, 4));
  });

  it('enriched payments come back exactly', async () => {
    await using sink = await contractSink();
    const rows = [
      acceptedRow(
        5,
        {},
        {
          riskAmount: 'HIGH',
          txnCount5Min: 12,
          uniqueDevicesSender: 4,
          geographicRisk: 10,
          fraudScore: 95,
          isHighRisk: true,
        },
      ),
      acceptedRow(6),
    ];
    await appendRows(sink, 'payment_transactions_fraud', rows);
    expect((await sink.queries.rowsFrom('payment_transactions_fraud', 0, 0)).map(({ row }) => row)).toEqual(rows);
  });

  it('exceptions come back exactly, with and without each optional value', async () => {
    await using sink = await contractSink();
    const rows = [
      exceptionRow(0, {
        disposition: 'rejected',
        reason: 'field_missing: currency',
        transactionId: null,
        eventTimeMs: null,
        payload: '{"a":"\u0001 é"}',
        payloadHash: '0123456789abcdef',
      }),
      exceptionRow(1, { firstKafkaOffset: 0, conflict: true, payload: '{}' }),
      exceptionRow(2, { disposition: 'late' }),
      exceptionRow(3, { disposition: 'rejected', reason: 'no_value', transactionId: null, eventTimeMs: null }),
      ...Array.from({ length: 20 }, (_, i) =>
        exceptionRow(4 + i, { conflict: i % 3 === 0, firstKafkaOffset: i % 2 ? i : null }),
      ),
    ];
    await appendRows(sink, 'payment_exceptions', rows);
    expect((await sink.queries.rowsFrom('payment_exceptions', 0, 0)).map(({ row }) => row)).toEqual(rows);
  });

  it('the checkpoint with the greatest next_offset comes back exactly; of two, the later epoch', async () => {
    await using sink = await contractSink();
    expect(await sink.queries.latestCheckpoint('payments', 0)).toBeUndefined();
    await appendRows(sink, 'checkpoint_log', [
      checkpoint(10),
      checkpoint(30, { recordFingerprint: null }),
      checkpoint(20),
    ]);
    expect(await sink.queries.latestCheckpoint('payments', 0)).toEqual(checkpoint(30, { recordFingerprint: null }));
    await appendRows(sink, 'checkpoint_log', [checkpoint(30, { owner: 'owner-2' })], { writerEpoch: 2 });
    expect(await sink.queries.latestCheckpoint('payments', 0)).toEqual(
      checkpoint(30, { owner: 'owner-2', writerEpoch: 2 }),
    );
    expect(await sink.queries.latestCheckpoint('payments', 1)).toBeUndefined();
    expect(await sink.queries.latestCheckpoint('other', 0)).toBeUndefined();
  });

  it('partitions that ask at the same time get their own rows and checkpoints, each from its own offset', async () => {
    await using sink = await contractSink();
    const rows = Array.from({ length: 2_500 }, (_, i) => acceptedRow(i));
    for (const partition of [0, 1, 3]) {
      await appendRows(sink, 'payment_transactions', rows, { partition });
      await appendRows(sink, 'checkpoint_log', [checkpoint(10 + partition, { partition })], { partition });
    }
    const from = [2_490, 7, 0, 2_499];
    const found = await Promise.all(
      from.map((offset, partition) => sink.queries.rowsFrom('payment_transactions', partition, offset)),
    );
    const expected = [rows.slice(2_490), rows.slice(7), [], rows.slice(2_499)];
    expect(found.map((each) => each.map(({ row }) => row.kafkaOffset))).toEqual(
      expected.map((each) => each.map(({ kafkaOffset }) => kafkaOffset)),
    );
    const latest = await Promise.all([0, 1, 2, 3].map((n) => sink.queries.latestCheckpoint('payments', n)));
    expect(latest.map((each) => each?.nextOffset)).toEqual([10, 11, undefined, 13]);
    expect(latest.map((each) => each?.partition)).toEqual([0, 1, undefined, 3]);
  });

  it('payments come in batches, in offset order, regardless of the order in which they were written', async () => {
    await using sink = await contractSink();
    const rows = Array.from({ length: 20_000 }, (_, i) => acceptedRow(i * 3));
    for (const from of [10_000, 15_000, 0, 5_000]) {
      await appendRows(sink, 'payment_transactions', rows.slice(from, from + 5_000));
    }
    const batches = await collect(sink.queries.payments(0, 60_000, 0));
    expect(batches.length).toBeGreaterThan(2);
    expect(Math.max(...batches.map((batch) => batch.length))).toBeLessThanOrEqual(8_000);
    expect(batches.flat().map(({ kafkaOffset }) => kafkaOffset)).toEqual(rows.map(({ kafkaOffset }) => kafkaOffset));
  });
});
