/**
 * Row by row comparison of what the fold yields with what a table holds, for the replay after a takeover. Every column of
 * types.ts counts; writer_epoch and processed_at are not part of these rows, as they tell who wrote, not what.
 */
import { formatDecimal } from './event/decimal.ts';
import type { DataRows, DataTable, PartialRow, TransactionRow } from './types.ts';

type Value = string | number | bigint | boolean | null;
type Column<Row> = readonly [name: string, of: (row: Row) => Value];

const TRANSACTION_COLUMNS: readonly Column<TransactionRow>[] = [
  ['kafka_offset', (row) => row.kafkaOffset],
  ['transaction_id', (row) => row.payment.transactionId],
  ['sender_account_id', (row) => row.payment.senderAccountId],
  ['receiver_account_id', (row) => row.payment.receiverAccountId],
  ['amount', (row) => row.payment.amount],
  ['currency', (row) => row.payment.currency],
  ['device_id', (row) => row.payment.deviceId],
  ['ip_address', (row) => row.payment.ipAddress],
  ['event_time', (row) => row.payment.eventTimeMs],
  ['region', (row) => row.payment.region],
  ['payment_method', (row) => row.payment.paymentMethod],
];

const PARTIAL_COLUMNS: readonly Column<PartialRow>[] = [
  ['kafka_offset', (row) => row.kafkaOffset],
  ['window_start', (row) => row.windowStartMs],
  ['window_end', (row) => row.windowEndMs],
  ['region', (row) => row.region],
  ['currency', (row) => row.currency],
  ['transaction_count', (row) => row.transactionCount],
  ['total_amount', (row) => row.totalAmount],
  ['min_amount', (row) => row.minAmount],
  ['max_amount', (row) => row.maxAmount],
];

const COLUMNS: { readonly [T in DataTable]: readonly Column<DataRows[T]>[] } = {
  payment_transactions: TRANSACTION_COLUMNS,
  payment_transactions_fraud: [
    ...TRANSACTION_COLUMNS,
    ['risk_amount', (row) => row.fraud.riskAmount],
    ['txn_count_5min', (row) => row.fraud.txnCount5Min],
    ['unique_devices_sender', (row) => row.fraud.uniqueDevicesSender],
    ['geographic_risk', (row) => row.fraud.geographicRisk],
    ['fraud_score', (row) => row.fraud.fraudScore],
    ['is_high_risk', (row) => row.fraud.isHighRisk],
  ],
  payment_metrics_partials: PARTIAL_COLUMNS,
  payment_exceptions: [
    ['kafka_offset', (row) => row.kafkaOffset],
    ['disposition', (row) => row.disposition],
    ['reason', (row) => row.reason],
    ['transaction_id', (row) => row.transactionId],
    ['event_time', (row) => row.eventTimeMs],
    ['record_time', (row) => row.recordTimeMs],
    ['first_kafka_offset', (row) => row.firstKafkaOffset],
    ['conflict', (row) => row.conflict],
    ['payload', (row) => row.payload],
    ['payload_hash', (row) => row.payloadHash],
  ],
};

/** Most characters of a value that a difference quotes. */
const QUOTED_LENGTH = 80;

/** Whether two rows of a table say the same. */
export function sameRow<T extends DataTable>(table: T, left: DataRows[T], right: DataRows[T]): boolean {
  return COLUMNS[table].every(([, of]) => of(left) === of(right));
}

/** The first differing column and both values, as `amount: folded 1.5, found 1.6`; undefined where none differs. */
export function differenceOf<T extends DataTable>(
  table: T,
  folded: DataRows[T],
  found: DataRows[T],
): string | undefined {
  for (const [name, of] of COLUMNS[table]) {
    const expected = of(folded);
    const actual = of(found);
    if (expected !== actual) return `${name}: folded ${quote(expected, name)}, found ${quote(actual, name)}`;
  }
  return undefined;
}

function quote(value: Value, column: string): string {
  if (typeof value === 'bigint') return formatDecimal(value);
  if (typeof value !== 'string') return String(value);
  // Payloads of accepted payments are not masked, and this text goes to logs.
  if (column === 'payload') return `${value.length} characters`;
  return JSON.stringify(value.length > QUOTED_LENGTH ? `${value.slice(0, QUOTED_LENGTH)}...` : value);
}
