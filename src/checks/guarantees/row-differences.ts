/** Compares a table's row with what the recomputation says, column for column: the names of the columns that differ. */
import type {
  ExceptionCells,
  FraudCells,
  FurtherCells,
  TopicRecord,
  TransactionCells,
} from '../inputs/verify-inputs.ts';
import { TEXT_FIELDS } from '../oracle/event-rules.ts';
import { hashText, paymentHash, valueHash } from '../oracle/hashes.ts';
import type { OraclePayment } from '../oracle/judgement.ts';
import { canonicalPayload } from '../oracle/kept-payload.ts';
import { billionths, decimalText, sameDecimal } from '../oracle/money.ts';
import type { OracleFraud, OracleOutcome } from '../oracle/recompute.ts';
import type { Step } from '../partition/walk-partition.ts';

export interface Difference {
  readonly column: string;
  readonly expected: string;
  readonly actual: string;
}

const FRAUD_COLUMNS = [
  'risk_amount',
  'txn_count_5min',
  'unique_devices_sender',
  'geographic_risk',
  'fraud_score',
  'is_high_risk',
] as const;
/** Years 1 and 9999: a producer may set any time, and a column holds no other. */
const TIMESTAMP_MIN_MS = Date.parse('0001-01-01T00:00:00.000Z');
const TIMESTAMP_MAX_MS = Date.parse('9999-12-31T23:59:59.999Z');
const SHOWN_LENGTH_MAX = 200;

const NONE: readonly Difference[] = [];
const NO_COLUMNS: FurtherCells = {};

/** Of a row of payment_transactions. */
export function transactionDifferences(row: TransactionCells, payment: OraclePayment): readonly Difference[] {
  const ofPayment = paymentDifferences(row, payment);
  const ofColumns = columnDifferences(row.columns ?? NO_COLUMNS, payment.columns);
  return ofColumns.length === 0 ? ofPayment : [...ofPayment, ...ofColumns];
}

/** Of further columns; NULL is not listed on either side. */
function columnDifferences(found: FurtherCells, expected: FurtherCells): readonly Difference[] {
  if (found === NO_COLUMNS && Object.keys(expected).length === 0) return NONE;
  const differences: Difference[] = [];
  for (const name of new Set([...Object.keys(expected), ...Object.keys(found)]))
    if (found[name] !== expected[name]) differences.push(different(name, expected[name] ?? null, found[name] ?? null));
  return differences;
}

/** Of what both tables of payments have. */
function paymentDifferences(row: TransactionCells, payment: OraclePayment): readonly Difference[] {
  if (saysSame(row, payment)) return NONE;
  const differences: Difference[] = [];
  for (const column of TEXT_FIELDS)
    if (row[column] !== payment[column]) differences.push(different(column, payment[column], row[column]));
  const amount = decimalText(payment.amount);
  if (row.amount !== amount && !sameDecimal(row.amount, amount))
    differences.push(different('amount', amount, row.amount));
  if (row.event_time !== payment.event_time)
    differences.push(different('event_time', payment.event_time, row.event_time));
  return differences;
}

/** Whether no column differs: the usual case, without a list. */
function saysSame(row: TransactionCells, payment: OraclePayment): boolean {
  return (
    row.transaction_id === payment.transaction_id &&
    row.sender_account_id === payment.sender_account_id &&
    row.receiver_account_id === payment.receiver_account_id &&
    row.currency === payment.currency &&
    row.device_id === payment.device_id &&
    row.ip_address === payment.ip_address &&
    row.region === payment.region &&
    row.payment_method === payment.payment_method &&
    row.event_time === payment.event_time &&
    billionths(row.amount) === payment.amount
  );
}

function saysSameFraud(row: FraudCells, fraud: OracleFraud): boolean {
  return (
    row.risk_amount === fraud.risk_amount &&
    row.txn_count_5min === fraud.txn_count_5min &&
    row.unique_devices_sender === fraud.unique_devices_sender &&
    row.geographic_risk === fraud.geographic_risk &&
    row.fraud_score === fraud.fraud_score &&
    row.is_high_risk === fraud.is_high_risk
  );
}

export function fraudDifferences(row: FraudCells, payment: OraclePayment, fraud: OracleFraud): readonly Difference[] {
  const ofPayment = paymentDifferences(row, payment);
  if (ofPayment.length === 0 && saysSameFraud(row, fraud)) return NONE;
  const differences = [...ofPayment];
  for (const column of FRAUD_COLUMNS)
    if (row[column] !== fraud[column]) differences.push(different(column, fraud[column], row[column]));
  return differences;
}

/** Of a row in payment_exceptions at an offset that has a record. The payload hash is judged elsewhere. */
export function exceptionDifferences(row: ExceptionCells, step: Step): Difference[] {
  const { outcome, record } = step;
  if (!outcome || !record) return [];
  const differences: Difference[] = [];
  const demand = (holds: boolean, column: keyof ExceptionCells, expected: unknown): void => {
    if (!holds) differences.push(different(column, expected, row[column]));
  };
  demand(row.disposition === outcome.disposition, 'disposition', outcome.disposition);
  if (differences.length > 0 || outcome.disposition === 'accepted') return differences;
  const recordTime = Math.min(Math.max(record.timestampMs, TIMESTAMP_MIN_MS), TIMESTAMP_MAX_MS);
  demand(row.record_time === recordTime, 'record_time', recordTime);
  if (outcome.disposition === 'rejected') {
    rejectedDifferences(row, outcome, record, demand);
    return differences;
  }
  const { payment } = outcome;
  const first = outcome.disposition === 'duplicate' ? outcome.firstOffset : null;
  const conflict = outcome.disposition === 'duplicate' && outcome.conflict;
  demand(row.reason === null, 'reason', null);
  demand(row.transaction_id === payment.transaction_id, 'transaction_id', payment.transaction_id);
  demand(row.event_time === payment.event_time, 'event_time', payment.event_time);
  demand(row.first_kafka_offset === first, 'first_kafka_offset', first);
  demand((row.conflict ?? false) === conflict, 'conflict', conflict);
  demand(row.payload === canonicalPayload(payment), 'payload', 'the canonical columns');
  const hash = hashText(paymentHash(payment));
  demand(row.payload_hash === hash, 'payload_hash', hash);
  return differences;
}

function rejectedDifferences(
  row: ExceptionCells,
  { must }: Extract<OracleOutcome, { disposition: 'rejected' }>,
  record: TopicRecord,
  demand: (holds: boolean, column: keyof ExceptionCells, expected: unknown) => void,
): void {
  const code = row.reason?.split(':')[0] ?? '';
  const isReason = must.reason === null ? must.reasons.has(code) : row.reason === must.reason;
  demand(isReason, 'reason', must.reason ?? [...must.reasons].join(' or '));
  demand(must.transactionIds.includes(row.transaction_id), 'transaction_id', must.transactionIds.at(-1));
  demand(must.eventTimes.includes(row.event_time), 'event_time', must.eventTimes.at(-1));
  demand(row.first_kafka_offset === null, 'first_kafka_offset', null);
  demand(row.conflict !== true, 'conflict', false);
  const kept = must.payload();
  demand(row.payload === kept, 'payload', kept);
  const hash = valueHash(record);
  demand(row.payload_hash === hash, 'payload_hash', hash);
}

export function describe(differences: readonly Difference[]): { expected: string; actual: string; columns: string } {
  const list = (side: 'expected' | 'actual'): string =>
    differences.map((difference) => `${difference.column} ${difference[side]}`).join(', ');
  return {
    expected: list('expected'),
    actual: list('actual'),
    columns: differences.map(({ column }) => column).join(', '),
  };
}

function different(column: string, expected: unknown, actual: unknown): Difference {
  const text = (value: unknown): string => String(value).slice(0, SHOWN_LENGTH_MAX);
  return { column, expected: text(expected), actual: text(actual) };
}
