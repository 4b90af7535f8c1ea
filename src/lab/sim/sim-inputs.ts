/**
 * What `verify` looks at, from a simulated world: its log, what has landed in its tables, its ownership rows. Straight
 * columns, no judgement: rows are laid out as the tables hold them.
 * A log that was truncated or made anew has been several logs; `generationOf` says which of them a partition is held to.
 */
import { type HeldRow, heldTables } from '../../checks/inputs/held-tables.ts';
import type { CheckedTable, OwnershipFacts, TableCells, VerifyInputs } from '../../checks/inputs/verify-inputs.ts';
import { formatDecimal } from '../../payments/event/decimal.ts';
import type { Payment } from '../../payments/types.ts';
import { streamOffsetsText } from '../../processor/takeover/stream-offsets.ts';
import type { SimRow } from './bigquery/sim-tables.ts';
import type { LogGeneration } from './kafka/topic.ts';
import type { World } from './world/world.ts';

/** The index of the log generation to use, of so many; default: the last, which is the log as it is now. */
export type GenerationOf = (partition: number, generations: readonly LogGeneration[]) => number;

export interface SimInputsOptions {
  readonly generationOf?: GenerationOf;
}

/** A snapshot: what happens in the world afterwards is not seen. */
export function simInputs(world: World, { generationOf = last }: SimInputsOptions = {}): VerifyInputs {
  const { topic, partitions } = world.kafka;
  const ownership: OwnershipFacts[] = world.bigquery.ownership.read(topic);
  const { tables } = world.bigquery;
  const held = heldTables({
    rows: {
      payment_transactions: rowsOf(world, 'payment_transactions'),
      payment_transactions_fraud: rowsOf(world, 'payment_transactions_fraud'),
      payment_metrics_partials: rowsOf(world, 'payment_metrics_partials'),
      payment_exceptions: rowsOf(world, 'payment_exceptions'),
    },
    checkpoints: tables.landed('checkpoint_log').map(({ row, stamp }) => ({
      partition: stamp.partition,
      row: {
        writer_epoch: stamp.writerEpoch,
        next_offset: row.nextOffset,
        watermark: row.watermarkMs,
        ...row.counters,
        stream_offsets: streamOffsetsText(row),
        state_digest: row.stateDigest,
        record_fingerprint: row.recordFingerprint,
      },
    })),
  });
  const log = (partition: number): LogGeneration => {
    const generations = world.kafka.partition(partition).generations();
    return generations[generationOf(partition, generations)] as LogGeneration;
  };
  return {
    topic,
    ownership: () => Promise.resolve(ownership),
    topicPartitions: () => Promise.resolve([...partitions.keys()]),
    bounds: (partition) => Promise.resolve({ startOffset: 0, endOffset: log(partition).endOffset }),
    async *records(partition, fromOffset, toOffset) {
      yield log(partition)
        .records.filter(({ offset }) => offset >= fromOffset && offset < toOffset)
        // The simulated log holds every record whole.
        .map(({ offset, timestampMs, key, value }) => ({ offset, timestampMs, key, value }));
    },
    tables: () => Promise.resolve(held),
  };
}

function last(_: number, generations: readonly LogGeneration[]): number {
  return generations.length - 1;
}

function rowsOf<T extends CheckedTable>(world: World, table: T): HeldRow<TableCells[T]>[] {
  const cells = CELLS_OF[table];
  return world.bigquery.tables.landed(table).map((row) => ({ partition: row.stamp.partition, row: cells(row) }));
}

function transactionCells({ row, stamp }: SimRow<'payment_transactions'>): TableCells['payment_transactions'] {
  return { kafka_offset: row.kafkaOffset, writer_epoch: stamp.writerEpoch, ...paymentCells(row.payment) };
}

function fraudCells({ row, stamp }: SimRow<'payment_transactions_fraud'>): TableCells['payment_transactions_fraud'] {
  const { fraud, payment, kafkaOffset } = row;
  return {
    kafka_offset: kafkaOffset,
    writer_epoch: stamp.writerEpoch,
    ...paymentCells(payment),
    risk_amount: fraud.riskAmount,
    txn_count_5min: fraud.txnCount5Min,
    unique_devices_sender: fraud.uniqueDevicesSender,
    geographic_risk: fraud.geographicRisk,
    fraud_score: fraud.fraudScore,
    is_high_risk: fraud.isHighRisk,
  };
}

function paymentCells(payment: Payment) {
  return {
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

function partialCells({ row, stamp }: SimRow<'payment_metrics_partials'>): TableCells['payment_metrics_partials'] {
  return {
    kafka_offset: row.kafkaOffset,
    writer_epoch: stamp.writerEpoch,
    window_start: row.windowStartMs,
    window_end: row.windowEndMs,
    region: row.region,
    currency: row.currency,
    transaction_count: row.transactionCount,
    total_amount: formatDecimal(row.totalAmount),
    min_amount: formatDecimal(row.minAmount),
    max_amount: formatDecimal(row.maxAmount),
  };
}

function exceptionCells({ row, stamp }: SimRow<'payment_exceptions'>): TableCells['payment_exceptions'] {
  return {
    kafka_offset: row.kafkaOffset,
    writer_epoch: stamp.writerEpoch,
    disposition: row.disposition,
    reason: row.reason,
    transaction_id: row.transactionId,
    event_time: row.eventTimeMs,
    record_time: row.recordTimeMs,
    first_kafka_offset: row.firstKafkaOffset,
    conflict: row.conflict,
    payload: row.payload,
    payload_hash: row.payloadHash,
  };
}

/** A landed row as `verify` reads it, by table. */
export const CELLS_OF: { readonly [T in CheckedTable]: (row: SimRow<T>) => TableCells[T] } = {
  payment_transactions: transactionCells,
  payment_transactions_fraud: fraudCells,
  payment_metrics_partials: partialCells,
  payment_exceptions: exceptionCells,
};
