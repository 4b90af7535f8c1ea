/**
 * What `verify` looks at, from a simulated world: its log, what has landed in its tables, its ownership rows. Straight
 * columns, no judgement: rows are laid out as the tables hold them.
 * A log that was truncated or made anew has been several logs; `generationOf` says which of them a partition is held to.
 */
import type { CheckedTable, OwnershipFacts, RepeatedId, TableCells, VerifyInputs } from '../../checks/inputs.ts';
import { formatDecimal } from '../../payments/decimal.ts';
import type { Payment } from '../../payments/types.ts';
import type { SimRow } from './sim-tables.ts';
import type { LogGeneration } from './topic.ts';
import type { World } from './world.ts';

/** The index of the log generation to use, of so many; default: the last, which is the log as it is now. */
export type GenerationOf = (partition: number, generations: readonly LogGeneration[]) => number;

export interface SimInputsOptions {
  readonly generationOf?: GenerationOf;
  /** Only these partitions; default: all. */
  readonly partitions?: readonly number[];
}

/** A snapshot: what happens in the world afterwards is not seen. */
export function simInputs(world: World, { generationOf = last, partitions }: SimInputsOptions = {}): VerifyInputs {
  const isWanted = (partition: number): boolean => partitions?.includes(partition) ?? true;
  const { topic } = world.kafka;
  const ownership: OwnershipFacts[] = world.bigquery.ownership
    .read(topic)
    .filter(({ partition }) => isWanted(partition))
    .map((row) => (partitions === undefined ? row : { ...row, partitionCount: 0 }));
  const rows = {
    payment_transactions: byPartition(world, 'payment_transactions', transactionCells),
    payment_transactions_fraud: byPartition(world, 'payment_transactions_fraud', fraudCells),
    payment_metrics_partials: byPartition(world, 'payment_metrics_partials', partialCells),
    payment_exceptions: byPartition(world, 'payment_exceptions', exceptionCells),
  };
  const checkpoints = Map.groupBy(world.bigquery.tables.landed('checkpoint_log'), ({ stamp }) => stamp.partition);
  const log = (partition: number): LogGeneration => {
    const generations = world.kafka.partition(partition).generations();
    return generations[generationOf(partition, generations)] as LogGeneration;
  };
  return {
    topic,
    ownership: () => Promise.resolve(ownership),
    topicPartitions: () => Promise.resolve([...world.kafka.partitions.keys()].filter(isWanted)),
    partitionsWithRows() {
      const found = new Set(Object.values(rows).flatMap((table) => [...table.keys()]));
      for (const partition of checkpoints.keys()) found.add(partition);
      return Promise.resolve([...found].filter(isWanted).sort((a, b) => a - b));
    },
    bounds: (partition) => Promise.resolve({ startOffset: 0, endOffset: log(partition).endOffset }),
    async *records(partition, fromOffset, toOffset) {
      yield log(partition).records.filter(({ offset }) => offset >= fromOffset && offset < toOffset);
    },
    rows: <T extends CheckedTable>(table: T, partition: number) =>
      Promise.resolve(chunk((rows[table] as Map<number, TableCells[T][]>).get(partition) ?? [])),
    checkpoints: (partition) =>
      Promise.resolve(
        (checkpoints.get(partition) ?? [])
          .map(({ row, stamp }) => ({
            writer_epoch: stamp.writerEpoch,
            next_offset: row.nextOffset,
            watermark: row.watermarkMs,
            ...row.counters,
          }))
          .sort((a, b) => a.next_offset - b.next_offset || a.writer_epoch - b.writer_epoch),
      ),
    // Operators' commands do not run in the simulated world.
    backfilled: () => Promise.resolve({ payments: [], partials: [] }),
    repeatedIds: (limit) => Promise.resolve(repeatedIds(world, limit)),
  };
}

function last(_: number, generations: readonly LogGeneration[]): number {
  return generations.length - 1;
}

async function* chunk<Row>(rows: readonly Row[]): AsyncGenerator<readonly Row[]> {
  if (rows.length > 0) yield rows;
}

function byPartition<T extends CheckedTable>(
  world: World,
  table: T,
  cells: (row: SimRow<T>) => TableCells[T],
): Map<number, TableCells[T][]> {
  const found = new Map<number, TableCells[T][]>();
  for (const row of world.bigquery.tables.landed(table)) {
    const { partition } = row.stamp;
    const list = found.get(partition);
    if (list === undefined) found.set(partition, [cells(row)]);
    else list.push(cells(row));
  }
  for (const list of found.values()) list.sort((a, b) => a.kafka_offset - b.kafka_offset);
  return found;
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

function repeatedIds(world: World, limit: number): { count: number; repeated: RepeatedId[] } {
  const landed = world.bigquery.tables.landed('payment_transactions');
  const repeated: RepeatedId[] = [];
  if (new Set(landed.map(({ row }) => row.payment.transactionId)).size === landed.length) return { count: 0, repeated };
  for (const [transaction_id, rows] of Map.groupBy(landed, ({ row }) => row.payment.transactionId)) {
    if (rows.length === 1) continue;
    const places = rows.map(({ row, stamp }) => ({
      partition: stamp.partition,
      kafka_offset: row.kafkaOffset,
      writer_epoch: stamp.writerEpoch,
    }));
    repeated.push({ transaction_id, rows: places });
  }
  return { count: repeated.length, repeated: repeated.slice(0, limit) };
}
