/** Rows for tests; each shows only what the test is about. */

import type { RowLayout } from '../../../payments/row-layout.ts';
import type {
  AcceptedRow,
  AppendTable,
  ExceptionRow,
  FixedSettings,
  PartialRow,
  Payment,
  SettingsEntry,
} from '../../../payments/types.ts';
import type { BigQuerySink } from '../open-sink.ts';
import type { AppendRows, CheckpointRow, RowStamp } from '../ports.ts';
import { batchOf } from '../rows/batch-of.ts';

export const MINUTE_MS = 60_000;
/** 2025-06-01T12:00:00Z */
export const NOON_MS = 1_748_779_200_000;

export function acceptedRow(
  kafkaOffset: number,
  payment: Partial<Payment> = {},
  fraud: Partial<AcceptedRow['fraud']> = {},
): AcceptedRow {
  return {
    kafkaOffset,
    payment: {
      transactionId: `txn-${kafkaOffset}`,
      senderAccountId: 'sender-1',
      receiverAccountId: 'receiver-1',
      amount: 10_000_000_000n,
      currency: 'EUR',
      deviceId: 'device-1',
      ipAddress: '10.0.0.1',
      eventTimeMs: NOON_MS,
      region: 'eu-west',
      paymentMethod: 'card',
      ...payment,
    },
    fraud: {
      riskAmount: 'LOW',
      txnCount5Min: 1,
      uniqueDevicesSender: 1,
      geographicRisk: 0,
      fraudScore: 5,
      isHighRisk: false,
      ...fraud,
    },
  };
}

export function exceptionRow(kafkaOffset: number, more: Partial<ExceptionRow> = {}): ExceptionRow {
  return {
    kafkaOffset,
    disposition: 'duplicate',
    reason: null,
    transactionId: `txn-${kafkaOffset}`,
    eventTimeMs: NOON_MS,
    recordTimeMs: NOON_MS + 250,
    firstKafkaOffset: null,
    conflict: false,
    payload: null,
    payloadHash: null,
    ...more,
  };
}

export function partialRow(kafkaOffset: number, more: Partial<PartialRow> = {}): PartialRow {
  return {
    kafkaOffset,
    windowStartMs: NOON_MS,
    windowEndMs: NOON_MS + MINUTE_MS,
    region: 'eu-west',
    currency: 'EUR',
    transactionCount: 2,
    totalAmount: 30_000_000_000n,
    minAmount: 10_000_000_000n,
    maxAmount: 20_000_000_000n,
    ...more,
  };
}

export function checkpoint(nextOffset: number, more: Partial<CheckpointRow> = {}): CheckpointRow {
  return {
    topic: 'payments',
    partition: 0,
    owner: 'owner-1',
    writerEpoch: 1,
    nextOffset,
    watermarkMs: NOON_MS,
    counters: { consumed: 10, accepted: 6, duplicates: 2, late: 1, rejected: 1 },
    streamOffsets: {
      payment_transactions: 6,
      payment_transactions_fraud: 6,
      payment_metrics_partials: 3,
      payment_exceptions: 4,
    },
    stateDigest: 'v1:00ff',
    recordFingerprint: `${nextOffset - 1}:0123456789abcdef`,
    ...more,
  };
}

export const STAMP: RowStamp = { partition: 0, writerEpoch: 1, processedAtMs: NOON_MS + 1_000 };

export const FIXED: FixedSettings = {
  idHorizonMs: 0,
  windowMs: 60_000,
  activitySpanMs: 300_000,
  minEventTimeMs: 1_500_000_000_000,
};

export function settings(fromOffset: number, maxAmount = '1000000000000000'): SettingsEntry {
  const none = { over: 0, points: 0 };
  return {
    fromOffset,
    foldVersion: 1,
    decision: {
      watermarkDelayMs: 3_600_000,
      allowedSkewMs: 300_000,
      maxAmount,
      partitioner: 'any',
      fraud: {
        amountHigh: { over: '5000', points: 30 },
        amountMedium: { over: '1000.5', points: 15 },
        amountLowPoints: 5,
        countHigh: none,
        countMedium: none,
        devices: none,
        regionPoints: { 'eu-west': 0, "l'été": 5 },
        otherRegionPoints: 10,
        maxScore: 100,
        highRiskOver: 60,
      },
    },
  };
}

/** Appends the rows through a stream of their own. */
export async function appendRows<T extends AppendTable>(
  sink: BigQuerySink,
  table: T,
  rows: readonly AppendRows[T][],
  stamp: Partial<RowStamp> = {},
  layout?: RowLayout,
): Promise<void> {
  const whole = { ...STAMP, ...stamp };
  const name = await sink.streams.create(table);
  const appender = sink.streams.open({ epoch: Math.max(1, whole.writerEpoch), table, name, createdAtMs: 0 });
  try {
    await appender.append(sink.encoder.encode(table, batchOf(table, rows, layout), whole));
  } finally {
    appender.close();
  }
}
