/** Rows of the data tables as they are read back: which columns, in which order, and what they become. */
import type {
  AcceptedRow,
  DataRows,
  DataTable,
  ExceptionRow,
  PartialRow,
  TransactionRow,
} from '../../../payments/types.ts';
import { PAYMENT_FIELDS } from '../identifiers.ts';
import { integerFromText, millisFromText, nanosFromText } from '../query/query-values.ts';

/** Columns that are read as microseconds; all others as they are cast to STRING. */
const TIMES: ReadonlySet<string> = new Set(['event_time', 'record_time', 'window_start', 'window_end']);

/** The column as the text that `read` expects, NULL staying NULL. */
export function textOfColumn(column: string): string {
  return TIMES.has(column) ? `CAST(UNIX_MICROS(${column}) AS STRING)` : `CAST(${column} AS STRING)`;
}

export interface RowReader<T extends DataTable> {
  /** The first is writer_epoch. */
  readonly columns: readonly string[];
  /** ORDER BY of the fold's order. */
  readonly order: string;
  read(cells: readonly unknown[]): DataRows[T];
}

const PAYMENT_COLUMNS = ['writer_epoch', 'kafka_offset', ...PAYMENT_FIELDS];

export const ROW_READERS: { readonly [T in DataTable]: RowReader<T> } = {
  payment_transactions: { columns: PAYMENT_COLUMNS, order: 'kafka_offset', read: transactionRow },
  payment_transactions_fraud: {
    columns: [
      ...PAYMENT_COLUMNS,
      'risk_amount',
      'txn_count_5min',
      'unique_devices_sender',
      'geographic_risk',
      'fraud_score',
      'is_high_risk',
    ],
    order: 'kafka_offset',
    read: acceptedRow,
  },
  payment_metrics_partials: {
    columns: [
      'writer_epoch',
      'kafka_offset',
      'window_start',
      'window_end',
      'region',
      'currency',
      'transaction_count',
      'total_amount',
      'min_amount',
      'max_amount',
    ],
    order: 'kafka_offset, window_start, region, currency',
    read: partialRow,
  },
  payment_exceptions: {
    columns: [
      'writer_epoch',
      'kafka_offset',
      'disposition',
      'reason',
      'transaction_id',
      'event_time',
      'record_time',
      'first_kafka_offset',
      'conflict',
      'payload',
      'payload_hash',
    ],
    order: 'kafka_offset',
    read: exceptionRow,
  },
};

export function transactionRow(cells: readonly unknown[]): TransactionRow {
  return {
    kafkaOffset: integer(cells[1]),
    payment: {
      transactionId: text(cells[2]),
      senderAccountId: text(cells[3]),
      receiverAccountId: text(cells[4]),
      amount: nanosFromText(text(cells[5])),
      currency: text(cells[6]),
      deviceId: text(cells[7]),
      ipAddress: text(cells[8]),
      eventTimeMs: millis(cells[9]),
      region: text(cells[10]),
      paymentMethod: text(cells[11]),
    },
  };
}

function acceptedRow(cells: readonly unknown[]): AcceptedRow {
  return {
    ...transactionRow(cells),
    fraud: {
      riskAmount: text(cells[12]) as AcceptedRow['fraud']['riskAmount'],
      txnCount5Min: integer(cells[13]),
      uniqueDevicesSender: integer(cells[14]),
      geographicRisk: integer(cells[15]),
      fraudScore: integer(cells[16]),
      isHighRisk: bool(cells[17]),
    },
  };
}

function partialRow(cells: readonly unknown[]): PartialRow {
  return {
    kafkaOffset: integer(cells[1]),
    windowStartMs: millis(cells[2]),
    windowEndMs: millis(cells[3]),
    region: text(cells[4]),
    currency: text(cells[5]),
    transactionCount: integer(cells[6]),
    totalAmount: nanosFromText(text(cells[7])),
    minAmount: nanosFromText(text(cells[8])),
    maxAmount: nanosFromText(text(cells[9])),
  };
}

function exceptionRow(cells: readonly unknown[]): ExceptionRow {
  return {
    kafkaOffset: integer(cells[1]),
    disposition: text(cells[2]) as ExceptionRow['disposition'],
    reason: nullable(cells[3], text),
    transactionId: nullable(cells[4], text),
    eventTimeMs: nullable(cells[5], millis),
    recordTimeMs: millis(cells[6]),
    firstKafkaOffset: nullable(cells[7], integer),
    conflict: bool(cells[8]),
    payload: nullable(cells[9], text),
    payloadHash: nullable(cells[10], text),
  };
}

export function text(cell: unknown): string {
  if (typeof cell !== 'string') throw new TypeError(`text expected where the table has ${cell}`);
  return cell;
}

export function integer(cell: unknown): number {
  return integerFromText(text(cell));
}

export function millis(cell: unknown): number {
  return millisFromText(text(cell));
}

export function nullable<T>(cell: unknown, read: (cell: unknown) => T): T | null {
  return cell === null || cell === undefined ? null : read(cell);
}

function bool(cell: unknown): boolean {
  if (cell !== 'true' && cell !== 'false' && typeof cell !== 'boolean') {
    throw new TypeError(`a boolean expected where the table has ${cell}`);
  }
  return String(cell) === 'true';
}
