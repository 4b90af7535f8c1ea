import { describe, expect, it } from 'vitest';
import { differenceOf } from './row-difference.ts';
import { DATA_TABLES, type DataRows, type DataTable } from './types.ts';

const payment = {
  transactionId: 't',
  senderAccountId: 's',
  receiverAccountId: 'r',
  amount: 1_500_000_000n,
  currency: 'EUR',
  deviceId: 'd',
  ipAddress: 'i',
  eventTimeMs: 1,
  region: 'x',
  paymentMethod: 'm',
};
const fraud = {
  riskAmount: 'LOW',
  txnCount5Min: 1,
  uniqueDevicesSender: 1,
  geographicRisk: 0,
  fraudScore: 5,
  isHighRisk: false,
} as const;

const ROWS: DataRows = {
  payment_transactions: { kafkaOffset: 1, payment: { ...payment, further: { order_id: 'o', note: '' } } },
  payment_transactions_fraud: { kafkaOffset: 1, payment, fraud },
  payment_metrics_partials: {
    kafkaOffset: 1,
    windowStartMs: 0,
    windowEndMs: 60_000,
    region: 'x',
    currency: 'EUR',
    transactionCount: 1,
    totalAmount: 5n,
    minAmount: 5n,
    maxAmount: 5n,
  },
  payment_exceptions: {
    kafkaOffset: 1,
    disposition: 'duplicate',
    reason: null,
    transactionId: 't',
    eventTimeMs: 1,
    recordTimeMs: 2,
    firstKafkaOffset: 0,
    conflict: false,
    payload: '{}',
    payloadHash: '0'.repeat(16),
  },
};

/** Copies of a value, each with one leaf changed. */
function changedCopies(value: object): { path: string; copy: object }[] {
  const members: [string, unknown][] = Object.entries(value);
  return members.flatMap(([name, member]): { path: string; copy: object }[] => {
    if (typeof member === 'object' && member !== null) {
      return changedCopies(member).map(({ path, copy }) => ({ path, copy: { ...value, [name]: copy } }));
    }
    const other =
      typeof member === 'bigint'
        ? member + 1n
        : typeof member === 'number'
          ? member + 1
          : typeof member === 'boolean'
            ? !member
            : 'other';
    return [{ path: name, copy: { ...value, [name]: other } }];
  });
}

describe('rows compared for the replay', () => {
  it.each(DATA_TABLES)('%s: equal copies are the same, and every column counts', (table: DataTable) => {
    const row = ROWS[table];
    expect(differenceOf(table, row, structuredClone(row))).toBeUndefined();
    expect(differenceOf(table, row, structuredClone(row))).toBeUndefined();
    const changes = changedCopies(row);
    for (const { path, copy } of changes) {
      expect(differenceOf(table, row, copy as typeof row), path).toBeDefined();
    }
    const named = changes.map(({ copy }) => differenceOf(table, row, copy as typeof row)?.split(':')[0]);
    expect(new Set(named).size).toBe(changes.length);
  });

  it('the difference names the first column and both values', () => {
    const found = { kafkaOffset: 1, payment: { ...payment, amount: 1_600_000_000n, region: 'y' } };
    expect(differenceOf('payment_transactions', ROWS.payment_transactions, found)).toBe(
      'amount: folded 1.5, found 1.6',
    );
  });

  it('a further column that only one of the rows has is a difference, and NULL is not the empty text', () => {
    const row = ROWS.payment_transactions;
    const found = { ...row, payment: { ...row.payment, further: { order_id: 'o' } } };
    expect(differenceOf('payment_transactions', row, found)).toBe('note: folded "", found null');
    expect(differenceOf('payment_transactions', found, row)).toBe('note: folded null, found ""');
    const none = { kafkaOffset: 1, payment };
    expect(differenceOf('payment_transactions', row, none)).toBe('note: folded "", found null');
    expect(differenceOf('payment_transactions', none, none)).toBeUndefined();
    // The table of fraud results has none of them.
    expect(differenceOf('payment_transactions_fraud', { ...row, fraud }, { ...none, fraud })).toBeUndefined();
  });

  it('payloads are not quoted: this text goes to logs', () => {
    const found = { ...ROWS.payment_exceptions, payload: '{"ip_address":"10.0.0.1"}' };
    expect(differenceOf('payment_exceptions', ROWS.payment_exceptions, found)).toBe(
      'payload: folded 2 characters, found 25 characters',
    );
  });
});
