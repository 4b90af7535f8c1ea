import { tableFromIPC } from 'apache-arrow';
import { describe, expect, it } from 'vitest';
import { BugError } from '../../../base/errors.ts';
import { AcceptedBatch, RISKS } from '../../../payments/accepted-batch.ts';
import { TABLE_COLUMNS } from '../../../payments/columns.ts';
import { layoutOf, type RowLayout } from '../../../payments/row-layout.ts';
import { FURTHER_TYPES } from '../../../payments/rules/rules.ts';
import { APPEND_TABLES, type AppendTable } from '../../../payments/types.ts';
import { numericColumn } from '../../rows/arrow-columns.ts';
import type { AppendRows, EncodedRows } from '../ports.ts';
import { acceptedRow, checkpoint, exceptionRow, NOON_MS, partialRow, STAMP } from '../testing/sample-rows.ts';
import { type ArrowPayload, ArrowRowEncoder } from './arrow-encoder.ts';
import { batchOf } from './batch-of.ts';

function decode({ payload }: EncodedRows) {
  const { schemaBytes, recordBatchBytes } = payload as ArrowPayload;
  return tableFromIPC(Buffer.concat([schemaBytes, recordBatchBytes]));
}

function nanosOf(words: Uint32Array): bigint {
  return BigInt.asIntN(
    128,
    [...words].reduceRight((sum, word) => (sum << 32n) | BigInt(word), 0n),
  );
}

const SAMPLES: { readonly [T in AppendTable]: AppendRows[T] } = {
  payment_transactions: acceptedRow(1),
  payment_transactions_fraud: acceptedRow(1),
  payment_metrics_partials: partialRow(1),
  payment_exceptions: exceptionRow(1, { payload: '€'.repeat(100) }),
  checkpoint_log: checkpoint(1),
};

describe('the Arrow encoder', () => {
  it.each(APPEND_TABLES)('%s: a schema message and a batch message that any Arrow reader takes', (table) => {
    const encoder = new ArrowRowEncoder();
    const encoded = encoder.encode(table, batchOf(table, [SAMPLES[table], SAMPLES[table]]), STAMP);
    const decoded = decode(encoded);
    expect(decoded.numRows).toBe(2);
    expect(decoded.schema.fields.map(({ name }) => name)).toEqual(TABLE_COLUMNS[table].map(({ name }) => name));
    const again = encoder.encode(table, batchOf(table, [SAMPLES[table]]), STAMP).payload as ArrowPayload;
    expect(again.schemaBytes).toBe((encoded.payload as ArrowPayload).schemaBytes);
  });

  it('writes an amount in sixteen bytes, and no more', () => {
    expect(numericColumn([1n, 2n ** 70n, 3n]).values).toHaveLength(3 * 4);
  });

  it('writes each value where it belongs', () => {
    const rows = [acceptedRow(7, { amount: 2n ** 70n, transactionId: 'é' }), acceptedRow(2 ** 40, { amount: 3n })];
    const decoded = decode(new ArrowRowEncoder().encode('payment_transactions', AcceptedBatch.of(rows), STAMP));
    expect([...decoded.getChild('kafka_offset')!]).toEqual([7n, BigInt(2 ** 40)]);
    expect([...decoded.getChild('transaction_id')!]).toEqual(['é', `txn-${2 ** 40}`]);
    expect([...decoded.getChild('amount')!].map((words: Uint32Array) => [...words])).toEqual([
      [0, 0, 64, 0],
      [3, 0, 0, 0],
    ]);
    expect([...decoded.getChild('event_time')!]).toEqual([NOON_MS, NOON_MS]);
    expect([...decoded.getChild('writer_epoch')!]).toEqual([1n, 1n]);
  });

  it('writes a part of the rows as it writes a batch of these rows alone', () => {
    const objects = [0, 1, 2 ** 40].map((offset, index) => {
      const changes = {
        transactionId: 'é'.repeat(index),
        amount: [7n, 2n ** 64n, 10n ** 38n - 1n][index]!,
        region: `r${index}`,
      };
      return acceptedRow(offset, changes, {
        geographicRisk: -index,
        isHighRisk: index === 1,
        riskAmount: RISKS[index]!,
      });
    });
    const encoder = new ArrowRowEncoder();
    for (const table of APPEND_TABLES) {
      const rows: AppendRows[AppendTable][] = table.startsWith('payment_transactions')
        ? objects
        : [1, 2, 3].map(() => SAMPLES[table]);
      for (const [from, to] of [
        [0, 2],
        [1, 2],
        [1, 3],
      ] as const) {
        const { lease: _, ...alone } = encoder.encode(table, batchOf(table, rows.slice(from, to)), STAMP);
        expect(encoder.encode(table, batchOf(table, rows), STAMP, from, to)).toMatchObject(alone);
      }
    }
  });

  it('encodes into the memory of what was acknowledged, and of nothing else', () => {
    const encoder = new ArrowRowEncoder();
    const many = (id: string) =>
      Array.from({ length: 2_000 }, (_, offset) => acceptedRow(offset, { transactionId: `${id}-${offset}` }));
    const encode = (id: string) => encoder.encode('payment_transactions', AcceptedBatch.of(many(id)), STAMP);
    const bytesOf = ({ payload }: EncodedRows) => (payload as ArrowPayload).recordBatchBytes;
    const idsOf = (encoded: EncodedRows) => [...decode(encoded).getChild('transaction_id')!];
    const [first, second] = [encode('first'), encode('second')];
    expect(bytesOf(second).buffer).not.toBe(bytesOf(first).buffer);
    first.lease!.release();
    const third = encode('third');
    expect(bytesOf(third).buffer).toBe(bytesOf(first).buffer);
    expect(idsOf(second)).toEqual(many('second').map(({ payment }) => payment.transactionId));
    expect(idsOf(third)).toEqual(many('third').map(({ payment }) => payment.transactionId));
  });

  it('writes every time that a TIMESTAMP can hold', () => {
    const times = [-62_135_596_800_000, -1, 0, 9_007_199_254_740, 9_007_199_254_741, 253_402_300_799_999];
    const rows = times.map((recordTimeMs, offset) => exceptionRow(offset, { recordTimeMs }));
    const { payload } = new ArrowRowEncoder().encode('payment_exceptions', rows, STAMP);
    const column = decode({ payload } as EncodedRows).getChild('record_time')!;
    expect([...(column.data[0]!.values as BigInt64Array)]).toEqual(times.map((time) => BigInt(time) * 1_000n));
  });

  it.each([
    ['an amount below zero', acceptedRow(1, { amount: -1n }), RangeError],
    ['an amount past NUMERIC', acceptedRow(1, { amount: 10n ** 38n }), RangeError],
    ['an offset that is not a safe integer', acceptedRow(2 ** 53), BugError],
  ])('takes %s for a bug', (_, row, expected) => {
    expect(() => new ArrowRowEncoder().encode('payment_transactions', AcceptedBatch.of([row]), STAMP)).toThrow(
      expected,
    );
  });

  it('writes roles that are missing as NULL by rules, and has no field for NULL without them', () => {
    const { region: _, deviceId: __, ...payment } = acceptedRow(1).payment;
    const rows = [{ ...acceptedRow(1), payment }, acceptedRow(2)];
    for (const table of ['payment_transactions', 'payment_transactions_fraud'] as const) {
      const encode = (layout?: RowLayout) =>
        decode(new ArrowRowEncoder().encode(table, AcceptedBatch.of(rows, layout), STAMP));
      const byRules = encode(layoutOf([{ columns: [] }]));
      expect([...byRules.getChild('region')!]).toEqual([null, 'eu-west']);
      expect([...byRules.getChild('device_id')!]).toEqual([null, 'device-1']);
      expect([...byRules.getChild('ip_address')!]).toEqual(['10.0.0.1', '10.0.0.1']);
      const nullable = ({ schema }: typeof byRules) =>
        schema.fields.filter((field) => field.nullable).map(({ name }) => name);
      expect(nullable(byRules)).toEqual(['receiver_account_id', 'device_id', 'ip_address', 'region', 'payment_method']);
      expect(nullable(encode())).toEqual([]);
    }
  });

  it('writes further columns behind the others, of payment_transactions alone', () => {
    const columns = FURTHER_TYPES.map((type) => ({ name: `of_${type}`, path: `/${type}`, type }));
    const layout = layoutOf([{ columns }]);
    const values = [
      {
        of_string: '',
        of_int64: '-9223372036854775808',
        of_numeric: '-0.000000001',
        of_timestamp: '-62135596800000',
        of_bool: 'false',
        of_json: '{"a":1e400}',
      },
      undefined,
      {
        of_string: 'é',
        of_int64: '9223372036854775807',
        of_numeric: '12345678901234567890123456789.5',
        of_timestamp: '253402300799999',
        of_bool: 'true',
        of_json: '[]',
      },
      { of_int64: '-7', of_numeric: '3', of_timestamp: '1748779200123' },
    ];
    const rows = values.map((further, offset) => acceptedRow(offset, further === undefined ? {} : { further }));
    const encoder = new ArrowRowEncoder();
    const batch = AcceptedBatch.of(rows, layout);
    const decoded = decode(encoder.encode('payment_transactions', batch, STAMP));
    expect(decoded.schema.fields.slice(-6).map(({ name }) => name)).toEqual(columns.map(({ name }) => name));
    const cells = (name: string) => [...decoded.getChild(name)!];
    const words = (name: string) => [...(decoded.getChild(name)!.data[0]!.values as BigInt64Array)];
    expect(cells('of_string')).toEqual(['', null, 'é', null]);
    expect(cells('of_int64')).toEqual([-(2n ** 63n), null, 2n ** 63n - 1n, -7n]);
    const nanos = cells('of_numeric').map((cell: Uint32Array | null) => cell && nanosOf(cell));
    expect(nanos).toEqual([-1n, null, 12345678901234567890123456789500000000n, 3_000_000_000n]);
    expect(words('of_timestamp')).toEqual([-62135596800000000n, 0n, 253402300799999000n, 1748779200123000n]);
    expect(cells('of_timestamp').map((cell) => cell === null)).toEqual([false, true, false, false]);
    expect(cells('of_bool')).toEqual([false, null, true, null]);
    expect(cells('of_json')).toEqual(['{"a":1e400}', null, '[]', null]);
    const part = decode(encoder.encode('payment_transactions', batch, STAMP, 1, 3));
    expect([...part.getChild('of_string')!]).toEqual([null, 'é']);
    expect([...part.getChild('of_int64')!]).toEqual([null, 2n ** 63n - 1n]);
    const fraud = decode(encoder.encode('payment_transactions_fraud', batch, STAMP));
    expect(fraud.schema.fields.map(({ name }) => name)).toEqual(
      TABLE_COLUMNS.payment_transactions_fraud.map(({ name }) => name),
    );
  });

  it('sends the schema of many long columns in one request with the rows', () => {
    const columns = Array.from({ length: 32 }, (_, i) => ({
      name: `c${'x'.repeat(60)}${i}`,
      path: '/x',
      type: 'string' as const,
    }));
    const { payload } = new ArrowRowEncoder().encode(
      'payment_transactions',
      AcceptedBatch.of([acceptedRow(1)], layoutOf([{ columns }])),
      STAMP,
    );
    const { roomBytes, schemaBytes } = payload as ArrowPayload;
    expect(roomBytes).toBeGreaterThan(schemaBytes.length);
    expect(decode({ payload } as EncodedRows).schema.fields).toHaveLength(
      TABLE_COLUMNS.payment_transactions.length + 32,
    );
  });

  it('refuses a batch that no append may carry', () => {
    const rows = Array.from({ length: 160 }, (_, i) => exceptionRow(i, { payload: 'x'.repeat(64 * 1024) }));
    expect(() => new ArrowRowEncoder().encode('payment_exceptions', rows, STAMP)).toThrow('too many for one append');
  });
});
