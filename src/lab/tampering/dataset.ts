/**
 * A finished dataset and its topic as plain data: every column of every row, every record. What a simulated world left
 * behind becomes one; a changed one can be verified, and taken over.
 */
import type { TopicRecord } from '../../checks/inputs.ts';
import { formatDecimal } from '../../payments/decimal.ts';
import type { AppendTable, DataTable, Payment } from '../../payments/types.ts';
import type { Ownership } from '../../processor/ports.ts';
import { streamOffsetsText } from '../../processor/stream-offsets.ts';
import type { SimDisk } from '../sim/disk/sim-disk.ts';
import type { SimRow, SimStream } from '../sim/sim-tables.ts';
import type { World } from '../sim/world.ts';
import type { Row, TableName } from './columns.ts';

/** One partition of the topic, as it can be read now. Offsets without a record are markers, or were aborted. */
export interface PartitionLog {
  readonly startOffset: number;
  readonly endOffset: number;
  readonly records: readonly TopicRecord[];
}

export type Tables = Readonly<Record<TableName, readonly Row[]>>;

export interface Dataset {
  readonly topic: string;
  readonly tables: Tables;
  /** By partition. */
  readonly log: readonly PartitionLog[];
}

/** A dataset, and what the service and the processors know beside its tables. */
export interface BaseDataset extends Dataset {
  readonly name: string;
  readonly streams: readonly SimStream[];
  readonly disks: readonly SimDisk[];
}

export function datasetOf(name: string, world: World): BaseDataset {
  const { topic, partitions } = world.kafka;
  return {
    name,
    topic,
    tables: {
      ...writtenTables(world, () => true),
      partition_ownership: world.bigquery.ownership.read(topic).map(ownershipCells),
      backfill_turns: [
        { topic, turn: 1, turn_id: 'turn-1', owner: 'operator', taken_at: world.nowMs, pending: '' },
        { topic: `${topic}-2`, turn: 4, turn_id: 'turn-4', owner: 'another', taken_at: world.nowMs, pending: '[]' },
      ],
      accepted_losses: [1, 2].map((loss) => ({
        table_name: 'payment_exceptions',
        kafka_partition: 0,
        rows_lost: loss,
        below_offset: loss * 10,
        reason: 'restored from a copy',
        accepted_by: `operator ${loss}`,
        accepted_at: world.nowMs + loss,
      })),
    },
    log: partitions.map((partition) => {
      const { startOffset, endOffset } = partition;
      const records = partition.generations().at(-1)!.records;
      return {
        startOffset,
        endOffset,
        records: records
          .filter(({ offset }) => offset >= startOffset)
          .map(({ offset, timestampMs, key, value }) => ({ offset, timestampMs, key, value })),
      };
    }),
    streams: [...world.bigquery.tables.streams.values()],
    disks: [...world.processes.values()].map(({ disk }) => disk),
  };
}

/** What was appended to the tables, of what is wanted. */
export function writtenTables(world: World, isWanted: (row: SimRow) => boolean): Pick<Tables, AppendTable> {
  return {
    payment_transactions: rowsOf(world, isWanted, 'payment_transactions', ({ row }) => paymentCells(row.payment)),
    payment_transactions_fraud: rowsOf(
      world,
      isWanted,
      'payment_transactions_fraud',
      ({ row: { payment, fraud } }) => ({
        ...paymentCells(payment),
        risk_amount: fraud.riskAmount,
        txn_count_5min: fraud.txnCount5Min,
        unique_devices_sender: fraud.uniqueDevicesSender,
        geographic_risk: fraud.geographicRisk,
        fraud_score: fraud.fraudScore,
        is_high_risk: fraud.isHighRisk,
      }),
    ),
    payment_metrics_partials: rowsOf(world, isWanted, 'payment_metrics_partials', ({ row }) => ({
      window_start: row.windowStartMs,
      window_end: row.windowEndMs,
      region: row.region,
      currency: row.currency,
      transaction_count: row.transactionCount,
      total_amount: formatDecimal(row.totalAmount),
      min_amount: formatDecimal(row.minAmount),
      max_amount: formatDecimal(row.maxAmount),
    })),
    payment_exceptions: rowsOf(world, isWanted, 'payment_exceptions', ({ row }) => ({
      disposition: row.disposition,
      reason: row.reason,
      transaction_id: row.transactionId,
      event_time: row.eventTimeMs,
      record_time: row.recordTimeMs,
      first_kafka_offset: row.firstKafkaOffset,
      conflict: row.conflict,
      payload: row.payload,
      payload_hash: row.payloadHash,
    })),
    checkpoint_log: world.bigquery.tables.landed('checkpoint_log').filter(isWanted).map(checkpointCells),
  };
}

/** Of a row of partition_ownership. */
export function ownershipCells(row: Ownership): Row {
  return {
    topic: row.topic,
    kafka_partition: row.partition,
    epoch: row.epoch,
    owner: row.owner,
    claim_id: row.claimId,
    claimed_at: row.claimedAtMs,
    streams: JSON.stringify(row.streams),
    partition_count: row.partitionCount,
    start_offset: row.startOffset,
    fixed_settings: JSON.stringify(row.fixed),
    settings_history: JSON.stringify(row.history),
    skipped: JSON.stringify(row.skipped),
  };
}

function rowsOf<T extends DataTable>(
  world: World,
  isWanted: (row: SimRow) => boolean,
  table: T,
  cellsOf: (row: SimRow<T>) => Row,
): Row[] {
  const rows = world.bigquery.tables.landed(table).filter(isWanted as unknown as (row: SimRow<T>) => boolean);
  return rows.map((row) => ({
    kafka_partition: row.stamp.partition,
    kafka_offset: row.row.kafkaOffset,
    writer_epoch: row.stamp.writerEpoch,
    processed_at: row.stamp.processedAtMs,
    ...cellsOf(row),
  }));
}

function paymentCells(payment: Payment): Row {
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

function checkpointCells({ row, stamp }: SimRow<'checkpoint_log'>): Row {
  return {
    kafka_partition: stamp.partition,
    writer_epoch: stamp.writerEpoch,
    processed_at: stamp.processedAtMs,
    topic: row.topic,
    owner: row.owner,
    next_offset: row.nextOffset,
    watermark: row.watermarkMs,
    ...row.counters,
    stream_offsets: streamOffsetsText(row),
    state_digest: row.stateDigest,
    record_fingerprint: row.recordFingerprint,
    written_at: stamp.processedAtMs,
  };
}
