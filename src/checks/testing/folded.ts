/** A simulated topic, folded by the real fold and laid out as the tables would hold it: what `verify` must pass. */

import { AcceptedBatch } from '../../payments/accepted-batch.ts';
import { formatDecimal } from '../../payments/event/decimal.ts';
import { recordFingerprint } from '../../payments/event/hash.ts';
import type { FoldOutput } from '../../payments/fold.ts';
import { PartitionFold } from '../../payments/fold.ts';
import { compileEntry, resolveEntry } from '../../payments/settings.ts';
import type { FixedSettings, LogRecord, SettingsEntry, TransactionRow } from '../../payments/types.ts';
import { generatePayments } from '../../simulator/generate.ts';
import type { SimulationPlan } from '../../simulator/plan.ts';
import { epochAt, ownershipOf, type PartitionHistory, streamOffsetsOf } from './history.ts';

export interface FoldedOptions {
  readonly fixed: FixedSettings;
  readonly history: readonly SettingsEntry[];
  /** Records between two checkpoints. */
  readonly checkpointEvery: number;
  /** The Kafka timestamp of every record. */
  readonly recordTimeMs: number;
}

/** One history per partition of the plan. */
export function foldedHistories(plan: SimulationPlan, options: FoldedOptions): PartitionHistory[] {
  const logs = Array.from({ length: plan.partitions }, (): LogRecord[] => []);
  for (const { partition, key, value } of generatePayments(plan)) {
    const log = logs[partition]!;
    const keyBytes = key === null ? null : Buffer.from(key);
    log.push({ offset: log.length, timestampMs: options.recordTimeMs, key: keyBytes, value });
  }
  return logs.map((log, partition) => foldedHistory(log, partition, plan.partitions, options));
}

function foldedHistory(
  log: LogRecord[],
  partition: number,
  partitionCount: number,
  { fixed, history, checkpointEvery }: FoldedOptions,
): PartitionHistory {
  const ownership = ownershipOf(partition, { partitionCount, fixed, history });
  const result: PartitionHistory = {
    ownership,
    logStart: 0,
    logEnd: log.length,
    records: log.map(({ offset, timestampMs, key, value }) => ({ offset, timestampMs, key, value })),
    payment_transactions: [],
    payment_transactions_fraud: [],
    payment_metrics_partials: [],
    payment_exceptions: [],
    checkpoints: [],
    backfilled: { payments: [], partials: [] },
  };
  const fold = PartitionFold.fresh({ partition, partitionCount, fixed, startOffset: 0 });
  const compiled = new Map(history.map((entry) => [entry, compileEntry(entry)]));
  for (const record of log) {
    const out: FoldOutput = { accepted: new AcceptedBatch(), partials: [], exceptions: [] };
    fold.fold(record, compiled.get(resolveEntry(history, record.offset))!, out);
    const epoch = epochAt({ history }, record.offset);
    addCells(result, out, epoch);
    if (fold.nextOffset % checkpointEvery === 0 || fold.nextOffset === log.length)
      result.checkpoints.push({
        writer_epoch: epoch,
        next_offset: fold.nextOffset,
        watermark: fold.watermarkMs,
        ...fold.counters,
        stream_offsets: streamOffsetsOf(result, epoch, fold.nextOffset),
        state_digest: fold.head().digest,
        record_fingerprint: recordFingerprint(record),
      });
  }
  return result;
}

function addCells(history: PartitionHistory, out: FoldOutput, writer_epoch: number): void {
  for (const row of out.accepted) {
    const cells = { ...transactionCells(row), writer_epoch };
    history.payment_transactions.push(cells);
    history.payment_transactions_fraud.push({
      ...cells,
      risk_amount: row.fraud.riskAmount,
      txn_count_5min: row.fraud.txnCount5Min,
      unique_devices_sender: row.fraud.uniqueDevicesSender,
      geographic_risk: row.fraud.geographicRisk,
      fraud_score: row.fraud.fraudScore,
      is_high_risk: row.fraud.isHighRisk,
    });
  }
  for (const row of out.partials)
    history.payment_metrics_partials.push({
      kafka_offset: row.kafkaOffset,
      writer_epoch,
      window_start: row.windowStartMs,
      window_end: row.windowEndMs,
      region: row.region,
      currency: row.currency,
      transaction_count: row.transactionCount,
      total_amount: formatDecimal(row.totalAmount),
      min_amount: formatDecimal(row.minAmount),
      max_amount: formatDecimal(row.maxAmount),
    });
  for (const row of out.exceptions)
    history.payment_exceptions.push({
      kafka_offset: row.kafkaOffset,
      writer_epoch,
      disposition: row.disposition,
      reason: row.reason,
      transaction_id: row.transactionId,
      event_time: row.eventTimeMs,
      record_time: row.recordTimeMs,
      first_kafka_offset: row.firstKafkaOffset,
      conflict: row.conflict,
      payload: row.payload,
      payload_hash: row.payloadHash,
    });
}

function transactionCells({ kafkaOffset, payment }: TransactionRow) {
  return {
    kafka_offset: kafkaOffset,
    transaction_id: payment.transactionId,
    sender_account_id: payment.senderAccountId,
    receiver_account_id: payment.receiverAccountId,
    amount: formatDecimal(payment.amount),
    currency: payment.currency,
    device_id: payment.deviceId,
    ip_address: payment.ipAddress,
    event_time: payment.eventTimeMs,
    region: payment.region,
    payment_method: payment.paymentMethod,
  };
}
