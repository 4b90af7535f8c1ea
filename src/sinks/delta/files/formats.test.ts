/** Rows come out of a file as they went in, in this thread and in a worker. */
import { Dictionary, Int32, Table, tableToIPC, Utf8, vectorFromArray } from 'apache-arrow';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { AcceptedBatch } from '../../../payments/accepted-batch.ts';
import { RowObjects } from '../../../payments/row-batch.ts';
import { layoutOf } from '../../../payments/row-layout.ts';
import type { DataTable } from '../../../payments/types.ts';
import type { BatchSlice } from '../../../processor/ports.ts';
import { acceptedRow, exceptionRow, NOON_MS, partialRow } from '../../bigquery/testing/sample-rows.ts';
import { rowsOfStream } from './arrow-decode.ts';
import { arrowOfObjects } from './arrow-objects.ts';
import { ParquetFormat } from './parquet-format.ts';
import { DeltaRowEncoder } from './row-encoder.ts';
import { WorkerFormat } from './worker-format.ts';

const STAMP = { partition: 3, writerEpoch: 2, processedAtMs: NOON_MS + 1 };
const formats = { 'in this thread': new ParquetFormat(), 'in a worker': new WorkerFormat() };

afterAll(async () => {
  for (const format of Object.values(formats)) await format.close();
});

function slice<T extends DataTable>(rows: BatchSlice<T>['rows'], from = 0, to = rows.length): BatchSlice<T> {
  return { rows, from, to };
}

describe.each(Object.entries(formats))('Parquet %s', (_name, format) => {
  it('keeps payments, optional roles and further columns', async () => {
    const layout = layoutOf([
      {
        columns: [
          { name: 'note', path: [], type: 'string' },
          { name: 'fee', path: [], type: 'numeric' },
        ],
      } as never,
    ]);
    const rows = [
      acceptedRow(1, { amount: 2n ** 90n, transactionId: 'é', further: { note: 'x', fee: '-1.5' } }),
      acceptedRow(2 ** 40, { eventTimeMs: 253_402_300_799_999, further: {} }),
    ];
    delete (rows[1]!.payment as { region?: string }).region;
    const encoder = new DeltaRowEncoder();
    const piece = encoder.encode('payment_transactions', slice(AcceptedBatch.of(rows, layout)), STAMP);
    const decoded = await format.decode(await format.encode([piece, piece]));
    expect(decoded).toHaveLength(4);
    expect(decoded[2]).toMatchObject({
      kafka_partition: 3,
      kafka_offset: 1,
      writer_epoch: 2,
      processed_at: BigInt(NOON_MS + 1) * 1000n,
      transaction_id: 'é',
      amount: '1237940039285380274.899124224',
      event_time: BigInt(NOON_MS) * 1000n,
      note: 'x',
      fee: '-1.5',
    });
    expect(decoded[3]).toMatchObject({ region: null, note: null, fee: null, event_time: 253_402_300_799_999_000n });
  });

  it('keeps a byte order mark at the start of a text', async () => {
    const encoder = new DeltaRowEncoder();
    const texts = ['\ufeff{"a":1}', '\ufeff', '', 'é\ufeff', '\u{1f4b6}'];
    const rows = texts.map((payload, offset) => exceptionRow(offset, { payload }));
    const piece = encoder.encode('payment_exceptions', slice(new RowObjects(rows)), STAMP);
    const decoded = await format.decode(await format.encode([piece]), ['payload']);
    expect(decoded.map(({ payload }) => payload)).toEqual(texts);
  });

  it('reads the columns that are asked for, and leaves out those that the file has not', async () => {
    const encoder = new DeltaRowEncoder();
    const file = await format.encode([
      encoder.encode(
        'payment_exceptions',
        slice(new RowObjects([exceptionRow(5, { payload: '"', conflict: true })])),
        STAMP,
      ),
      encoder.encode('payment_exceptions', slice(new RowObjects([exceptionRow(6, { eventTimeMs: null })])), STAMP),
    ]);
    expect(await format.decode(file, ['kafka_offset', 'conflict', 'event_time', 'nothing'])).toEqual([
      { kafka_offset: 5, conflict: true, event_time: BigInt(NOON_MS) * 1000n },
      { kafka_offset: 6, conflict: false, event_time: null },
    ]);
  });

  it('keeps windows and the payments of the fraud table', async () => {
    const encoder = new DeltaRowEncoder();
    const partials = new RowObjects([partialRow(5, { totalAmount: 2n ** 100n })]);
    const windows = await format.decode(
      await format.encode([encoder.encode('payment_metrics_partials', slice(partials), STAMP)]),
    );
    expect(windows).toMatchObject([
      { kafka_offset: 5, total_amount: '1267650600228229401496.703205376', transaction_count: 2 },
    ]);
    const accepted = AcceptedBatch.of([1, 2, 3].map((offset) => acceptedRow(offset, {}, { isHighRisk: offset === 2 })));
    const piece = encoder.encode('payment_transactions_fraud', slice(accepted, 1, 3), STAMP);
    expect(await format.decode(await format.encode([piece]))).toMatchObject([
      { kafka_offset: 2, is_high_risk: true, risk_amount: 'LOW' },
      { kafka_offset: 3, is_high_risk: false },
    ]);
  });

  it('keeps any text, number and time of the small tables', async () => {
    const times = fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 });
    const loss = fc.record({
      table_name: fc.string({ unit: 'grapheme' }),
      kafka_partition: fc.option(fc.nat()),
      rows_lost: fc.maxSafeInteger(),
      below_offset: fc.option(fc.maxSafeNat()),
      reason: fc.string({ unit: 'grapheme' }),
      accepted_by: fc.string(),
      accepted_at: times,
    });
    await fc.assert(
      fc.asyncProperty(fc.array(loss, { minLength: 1, maxLength: 5 }), async (rows) => {
        const decoded = await format.decode(await format.encode([arrowOfObjects('accepted_losses', rows)]));
        expect(decoded).toEqual(rows.map((row) => ({ ...row, accepted_at: BigInt(row.accepted_at) * 1000n })));
      }),
      { numRuns: 30 },
    );
  });

  it('refuses bytes that are no Parquet file', async () => {
    await expect(format.decode(Buffer.from('PAR1 and nothing else'))).rejects.toThrow(/not a Parquet file/);
    await expect(format.decode(new Uint8Array(0), ['a'])).rejects.toThrow(/not a Parquet file/);
  });
});

it('a task after the end of the worker is refused, and those in progress fail', async () => {
  const format = new WorkerFormat();
  const encoding = format.encode([arrowOfObjects('rules', [{ sha256: 'a', revision: 1, text: 'b', written_at: 0 }])]);
  const failed = expect(encoding).rejects.toThrow(/sink was closed/);
  await format.close();
  await failed;
  await expect(format.encode([])).rejects.toThrow();
});

it('a column with a dictionary is read, as other engines write it', () => {
  const texts = ['\ufeffb', 'a', null, '\ufeffb'];
  const vector = vectorFromArray(texts, new Dictionary(new Utf8(), new Int32()));
  const stream = tableToIPC(new Table({ region: vector }), 'stream');
  expect(rowsOfStream(stream).map(({ region }) => region)).toEqual(texts);
});
