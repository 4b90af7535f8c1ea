/** The columns of each table's rows, in the order of arrow-schemas.ts, and how large a row can get. */
import type { Data } from 'apache-arrow';
import type { TextColumn } from '../../../base/memory/text-column.ts';
import { AcceptedRows, RISKS, ROW_NUMBER, ROW_NUMBERS } from '../../../payments/accepted-rows.ts';
import type {
  AcceptedRow,
  AppendTable,
  ExceptionRow,
  PartialRow,
  RowList,
  TransactionRow,
} from '../../../payments/types.ts';
import { streamOffsetsText } from '../../../processor/takeover/stream-offsets.ts';
import type { AppendRows, CheckpointRow, RowStamp } from '../ports.ts';
import {
  boolColumn,
  bytesTextColumn,
  chosenTextColumn,
  constantInt64Column,
  constantTimestampColumn,
  int64Column,
  numericColumn,
  stridedBoolColumn,
  stridedInt64Column,
  stridedTimestampColumn,
  textColumn,
  timestampColumn,
  wordsNumericColumn,
} from './arrow-columns.ts';
import type { Scratch } from './column-memory.ts';

function stampColumns(scratch: Scratch, rows: readonly { readonly kafkaOffset: number }[], stamp: RowStamp): Data[] {
  return [
    constantInt64Column(scratch, stamp.partition, rows.length),
    int64Column(rows.map((row) => row.kafkaOffset)),
    constantInt64Column(scratch, stamp.writerEpoch, rows.length),
    constantTimestampColumn(scratch, stamp.processedAtMs, rows.length),
  ];
}

/** Columns are wrapped as they are: this is on the path of every payment. */
export function paymentColumns(scratch: Scratch, rows: RowList<TransactionRow>, stamp: RowStamp): Data[] {
  if (!(rows instanceof AcceptedRows)) return paymentColumnsOf(scratch, [...rows], stamp);
  const { length, numbers } = rows;
  const text = ({ bytes, offsets }: TextColumn) => bytesTextColumn(bytes, offsets, length);
  return [
    constantInt64Column(scratch, stamp.partition, length),
    stridedInt64Column(scratch, numbers, ROW_NUMBER.kafkaOffset, ROW_NUMBERS, length),
    constantInt64Column(scratch, stamp.writerEpoch, length),
    constantTimestampColumn(scratch, stamp.processedAtMs, length),
    text(rows.transactionIds),
    text(rows.senders),
    text(rows.receivers),
    wordsNumericColumn(rows.amounts, length),
    text(rows.currencies),
    text(rows.devices),
    text(rows.addresses),
    stridedTimestampColumn(scratch, numbers, ROW_NUMBER.eventTimeMs, ROW_NUMBERS, length),
    text(rows.regions),
    text(rows.methods),
  ];
}

function paymentColumnsOf(scratch: Scratch, rows: readonly TransactionRow[], stamp: RowStamp): Data[] {
  const length = rows.length;
  const transactionIds = new Array<string>(length);
  const senders = new Array<string>(length);
  const receivers = new Array<string>(length);
  const amounts = new Array<bigint>(length);
  const currencies = new Array<string>(length);
  const devices = new Array<string>(length);
  const addresses = new Array<string>(length);
  const eventTimes = new Array<number>(length);
  const regions = new Array<string>(length);
  const methods = new Array<string>(length);
  for (let i = 0; i < length; i++) {
    const payment = rows[i]!.payment;
    transactionIds[i] = payment.transactionId;
    senders[i] = payment.senderAccountId;
    receivers[i] = payment.receiverAccountId;
    amounts[i] = payment.amount;
    currencies[i] = payment.currency;
    devices[i] = payment.deviceId;
    addresses[i] = payment.ipAddress;
    eventTimes[i] = payment.eventTimeMs;
    regions[i] = payment.region;
    methods[i] = payment.paymentMethod;
  }
  return [
    ...stampColumns(scratch, rows, stamp),
    textColumn(transactionIds),
    textColumn(senders),
    textColumn(receivers),
    numericColumn(amounts),
    textColumn(currencies),
    textColumn(devices),
    textColumn(addresses),
    timestampColumn(eventTimes),
    textColumn(regions),
    textColumn(methods),
  ];
}

/** What payment_transactions_fraud has besides paymentColumns. */
export function fraudColumns(scratch: Scratch, rows: RowList<AcceptedRow>): Data[] {
  if (!(rows instanceof AcceptedRows)) return fraudColumnsOf([...rows]);
  const { length, numbers, risks } = rows;
  const integers = (which: number) => stridedInt64Column(scratch, numbers, which, ROW_NUMBERS, length);
  return [
    chosenTextColumn(scratch, RISKS, risks, length),
    integers(ROW_NUMBER.txnCount5Min),
    integers(ROW_NUMBER.uniqueDevicesSender),
    integers(ROW_NUMBER.geographicRisk),
    integers(ROW_NUMBER.fraudScore),
    stridedBoolColumn(scratch, numbers, ROW_NUMBER.isHighRisk, ROW_NUMBERS, length),
  ];
}

function fraudColumnsOf(rows: readonly AcceptedRow[]): Data[] {
  return [
    textColumn(rows.map((row) => row.fraud.riskAmount)),
    int64Column(rows.map((row) => row.fraud.txnCount5Min)),
    int64Column(rows.map((row) => row.fraud.uniqueDevicesSender)),
    int64Column(rows.map((row) => row.fraud.geographicRisk)),
    int64Column(rows.map((row) => row.fraud.fraudScore)),
    boolColumn(rows.map((row) => row.fraud.isHighRisk)),
  ];
}

export function partialColumns(scratch: Scratch, rows: readonly PartialRow[], stamp: RowStamp): Data[] {
  return [
    ...stampColumns(scratch, rows, stamp),
    timestampColumn(rows.map((row) => row.windowStartMs)),
    timestampColumn(rows.map((row) => row.windowEndMs)),
    textColumn(rows.map((row) => row.region)),
    textColumn(rows.map((row) => row.currency)),
    int64Column(rows.map((row) => row.transactionCount)),
    numericColumn(rows.map((row) => row.totalAmount)),
    numericColumn(rows.map((row) => row.minAmount)),
    numericColumn(rows.map((row) => row.maxAmount)),
  ];
}

export function exceptionColumns(scratch: Scratch, rows: readonly ExceptionRow[], stamp: RowStamp): Data[] {
  return [
    ...stampColumns(scratch, rows, stamp),
    textColumn(rows.map((row) => row.disposition)),
    textColumn(rows.map((row) => row.reason)),
    textColumn(rows.map((row) => row.transactionId)),
    timestampColumn(rows.map((row) => row.eventTimeMs)),
    timestampColumn(rows.map((row) => row.recordTimeMs)),
    int64Column(rows.map((row) => row.firstKafkaOffset)),
    boolColumn(rows.map((row) => row.conflict)),
    textColumn(rows.map((row) => row.payload)),
    textColumn(rows.map((row) => row.payloadHash)),
  ];
}

export function checkpointColumns(scratch: Scratch, rows: readonly CheckpointRow[], stamp: RowStamp): Data[] {
  return [
    constantInt64Column(scratch, stamp.partition, rows.length),
    constantInt64Column(scratch, stamp.writerEpoch, rows.length),
    constantTimestampColumn(scratch, stamp.processedAtMs, rows.length),
    textColumn(rows.map((row) => row.topic)),
    textColumn(rows.map((row) => row.owner)),
    int64Column(rows.map((row) => row.nextOffset)),
    timestampColumn(rows.map((row) => row.watermarkMs)),
    int64Column(rows.map((row) => row.counters.consumed)),
    int64Column(rows.map((row) => row.counters.accepted)),
    int64Column(rows.map((row) => row.counters.duplicates)),
    int64Column(rows.map((row) => row.counters.late)),
    int64Column(rows.map((row) => row.counters.rejected)),
    textColumn(rows.map(streamOffsetsText)),
    textColumn(rows.map((row) => row.stateDigest)),
    textColumn(rows.map((row) => row.recordFingerprint)),
    constantTimestampColumn(scratch, stamp.processedAtMs, rows.length),
  ];
}

/** Bytes of the fixed-width columns and offsets of one row, with room to spare. */
const FIXED_BYTES_MAX = 200;
/** UTF-8 bytes per UTF-16 code unit, at most. */
const UTF8_PER_UNIT = 3;

/** An upper bound of what one row adds to an append: sums of it at most maxAppendBytes make an append that fits. */
export function rowBytesMax<T extends AppendTable>(row: AppendRows[T]): number {
  return FIXED_BYTES_MAX + UTF8_PER_UNIT * textUnits(row);
}

function textUnits(row: AppendRows[AppendTable]): number {
  if ('payment' in row) {
    const p = row.payment;
    return (
      p.transactionId.length +
      p.senderAccountId.length +
      p.receiverAccountId.length +
      p.currency.length +
      p.deviceId.length +
      p.ipAddress.length +
      p.region.length +
      p.paymentMethod.length
    );
  }
  if ('windowStartMs' in row) return row.region.length + row.currency.length;
  if ('disposition' in row) {
    return (row.reason?.length ?? 0) + (row.transactionId?.length ?? 0) + (row.payload?.length ?? 0) + 32;
  }
  return row.topic.length + row.owner.length + row.stateDigest.length + streamOffsetsText(row).length;
}
