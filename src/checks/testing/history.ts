import { type HeldRow, type HeldTables, heldTables } from '../inputs/held-tables.ts';
import type {
  CheckedTable,
  CheckpointCells,
  DecisionRules,
  ExceptionCells,
  FraudCells,
  OwnershipFacts,
  PartialCells,
  RowPosition,
  SchemaRow,
  TableCells,
  TopicRecord,
  TransactionCells,
  VerifyInputs,
} from '../inputs/verify-inputs.ts';
import { hashText, paymentHash, recordFingerprint, valueHash } from '../oracle/hashes.ts';
import type { OraclePayment } from '../oracle/judgement.ts';
import { canonicalPayload } from '../oracle/kept-payload.ts';
import { decimalText } from '../oracle/money.ts';
import { PartitionOracle } from '../oracle/recompute.ts';
import { CHECKED_TABLES } from '../partition/walk-partition.ts';

export const MINUTE_MS = 60_000;
export const BASE_MS = Date.UTC(2026, 0, 15, 12);

export const RULES: DecisionRules = {
  watermarkDelayMs: 2 * MINUTE_MS,
  allowedSkewMs: 5 * MINUTE_MS,
  maxAmount: '1000000000000000',
  partitioner: 'any',
  fraud: {
    amountHigh: { over: '5000', points: 30 },
    amountMedium: { over: '1000', points: 15 },
    amountLowPoints: 5,
    countHigh: { over: 10, points: 40 },
    countMedium: { over: 5, points: 25 },
    devices: { over: 3, points: 15 },
    regionPoints: { 'eu-west': 0, 'ap-south': 5 },
    otherRegionPoints: 10,
    maxScore: 100,
    highRiskOver: 60,
  },
};

/** Who writes at an offset: the settings change where another owner takes over. */
export function epochAt({ history = [] }: Pick<Partial<OwnershipFacts>, 'history'>, offset: number): number {
  return Math.max(1, new Set(history.map(({ fromOffset }) => fromOffset).filter((from) => from <= offset)).size);
}

export function ownershipOf(partition: number, changes: Partial<OwnershipFacts> = {}): OwnershipFacts {
  const { epoch = epochAt(changes, Number.POSITIVE_INFINITY) } = changes;
  return {
    partition,
    epoch,
    claimId: `${epoch}:somebody`,
    streams: [...CHECKED_TABLES, 'checkpoint_log'].map((table) => ({
      epoch,
      table,
      name: `projects/p/datasets/d/tables/${table}/streams/s-${partition}-${epoch}`,
    })),
    partitionCount: 1,
    startOffset: 0,
    fixed: {
      idHorizonMs: 0,
      windowMs: MINUTE_MS,
      activitySpanMs: 5 * MINUTE_MS,
      minEventTimeMs: Date.UTC(2022, 10, 14),
    },
    history: [{ fromOffset: 0, foldVersion: 2, decision: RULES }],
    skipped: [],
    ...changes,
  };
}

/** An event as it travels; `atMinutes` after BASE_MS. */
export function event(id: string, atMinutes: number, changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    transaction_id: id,
    sender_account_id: 'alice',
    receiver_account_id: 'bob',
    amount: '10.25',
    currency: 'EUR',
    device_id: 'phone',
    ip_address: '10.0.0.1',
    timestamp: BASE_MS + atMinutes * MINUTE_MS,
    region: 'eu-west',
    payment_method: 'card',
    ...changes,
  };
}

/** A record of this event (or raw text, or no value), received a minute after the last hour of events. */
export function record(offset: number, value: Record<string, unknown> | string | null): TopicRecord {
  const text = typeof value === 'object' && value !== null ? JSON.stringify(value) : value;
  const sender = typeof value === 'object' && value !== null ? String(value.sender_account_id) : 'alice';
  return {
    offset,
    timestampMs: BASE_MS + 60 * MINUTE_MS,
    key: Buffer.from(sender),
    value: text === null ? null : Buffer.from(text),
  };
}

export interface PartitionHistory {
  ownership: OwnershipFacts;
  logStart: number;
  /** One past the last readable record; markers may lie before it. */
  logEnd: number;
  records: TopicRecord[];
  payment_transactions: TransactionCells[];
  payment_transactions_fraud: FraudCells[];
  payment_metrics_partials: PartialCells[];
  payment_exceptions: ExceptionCells[];
  checkpoints: CheckpointCells[];
  /** Records past logEnd that cannot be read yet. */
  open?: number;
  /** Rows of epoch 0. */
  backfilled: { payments: TransactionCells[]; partials: PartialCells[] };
}

/** What a run without faults leaves behind: every row, and a checkpoint at each of `checkpointsAt` (default: the end). */
export function faultless(
  records: TopicRecord[],
  options: { ownership?: OwnershipFacts; checkpointsAt?: readonly number[] } = {},
): PartitionHistory {
  const ownership = options.ownership ?? ownershipOf(0);
  const logEnd = (records.at(-1)?.offset ?? ownership.startOffset - 1) + 1;
  const history: PartitionHistory = {
    ownership,
    logStart: ownership.startOffset,
    logEnd,
    records,
    payment_transactions: [],
    payment_transactions_fraud: [],
    payment_metrics_partials: [],
    payment_exceptions: [],
    checkpoints: [],
    backfilled: { payments: [], partials: [] },
  };
  const oracle = new PartitionOracle(ownership);
  const due = [...(options.checkpointsAt ?? [logEnd])];
  let last: TopicRecord | undefined;
  const checkpoint = (offset: number): void => {
    while (due[0] !== undefined && due[0] <= offset)
      history.checkpoints.push(checkpointOf(history, oracle, last, due.shift()!));
  };
  for (const each of records) {
    checkpoint(each.offset);
    addRows(history, each, oracle);
    last = each;
  }
  checkpoint(Number.POSITIVE_INFINITY);
  return history;
}

function checkpointOf(
  history: PartitionHistory,
  oracle: PartitionOracle,
  last: TopicRecord | undefined,
  next_offset: number,
): CheckpointCells {
  const { consumed, accepted, duplicate: duplicates, late, rejected } = oracle.counts;
  const epoch = epochAt(history.ownership, next_offset - 1);
  const watermark = Math.max(oracle.watermarkMs, history.ownership.fixed.minEventTimeMs);
  return {
    writer_epoch: epoch,
    next_offset,
    watermark,
    consumed,
    accepted,
    duplicates,
    late,
    rejected,
    stream_offsets: streamOffsetsOf(history, epoch, next_offset),
    state_digest: oracle.digest,
    record_fingerprint: last === undefined ? null : recordFingerprint(last),
  };
}

/** How many rows each stream of an epoch holds of what lies below an offset. */
export function streamOffsetsOf(history: PartitionHistory, epoch: number, belowOffset: number): string {
  const counts = CHECKED_TABLES.map((table) => {
    const rows: readonly RowPosition[] = history[table];
    return [table, rows.filter((row) => row.writer_epoch === epoch && row.kafka_offset < belowOffset).length];
  });
  return JSON.stringify(Object.fromEntries(counts));
}

function addRows(
  history: PartitionHistory,
  { offset, timestampMs, value }: TopicRecord,
  oracle: PartitionOracle,
): void {
  const outcome = oracle.take({ ...history.records.find((each) => each.offset === offset)! });
  const position = { kafka_offset: offset, writer_epoch: epochAt(history.ownership, offset) };
  if (outcome.disposition === 'accepted') {
    const { columns: further } = outcome.payment;
    const cells = { ...position, ...columns(outcome.payment) };
    history.payment_transactions.push(Object.keys(further).length === 0 ? cells : { ...cells, columns: further });
    history.payment_transactions_fraud.push({ ...cells, ...outcome.fraud });
    for (const { count, total, min, max, ...window } of outcome.closed)
      history.payment_metrics_partials.push({
        ...position,
        ...window,
        transaction_count: count,
        total_amount: decimalText(total),
        min_amount: decimalText(min),
        max_amount: decimalText(max),
      });
    return;
  }
  const plain = { ...position, record_time: timestampMs, first_kafka_offset: null, conflict: false, reason: null };
  if (outcome.disposition === 'rejected') {
    history.payment_exceptions.push({
      ...plain,
      disposition: 'rejected',
      reason: outcome.must.reason ?? [...outcome.must.reasons][0]!,
      transaction_id: outcome.must.transactionIds.at(-1)!,
      event_time: outcome.must.eventTimes.at(-1)!,
      payload: outcome.must.payload(),
      payload_hash: valueHash({ offset, timestampMs, key: null, value }),
    });
    return;
  }
  const { transaction_id, event_time } = outcome.payment;
  history.payment_exceptions.push({
    ...plain,
    disposition: outcome.disposition,
    transaction_id,
    event_time,
    payload: canonicalPayload(outcome.payment),
    payload_hash: hashText(paymentHash(outcome.payment)),
    ...(outcome.disposition === 'duplicate'
      ? { first_kafka_offset: outcome.firstOffset, conflict: outcome.conflict }
      : {}),
  });
}

function columns({ columns: _, ...payment }: OraclePayment): Omit<TransactionCells, 'kafka_offset' | 'writer_epoch'> {
  return { ...payment, amount: decimalText(payment.amount) };
}

/** The inputs of `verify` over these histories, in chunks of two rows or records. */
export function inputsOf(...histories: PartitionHistory[]): VerifyInputs {
  return inputsWith(histories);
}

/** The same with rows besides, which belong to no history; `topicPartitions`: default, as many as there are histories. */
export function inputsWith(
  histories: readonly PartitionHistory[],
  besides: {
    readonly topicPartitions?: number;
    readonly rows?: Partial<HeldTables['rows']>;
    readonly schemas?: readonly SchemaRow[];
  } & Pick<HeldTables, 'foreign'> = {},
): VerifyInputs {
  const of = (partition: number): PartitionHistory => histories.find((each) => each.ownership.partition === partition)!;
  const partitions = histories.map(({ ownership }) => ownership.partition + 1);
  const held = <T extends CheckedTable>(table: T, backfilled?: 'payments' | 'partials') => [
    ...histories.flatMap((history) =>
      [...history[table], ...(backfilled === undefined ? [] : history.backfilled[backfilled])].map((row) => ({
        partition: history.ownership.partition,
        row: row as TableCells[T],
      })),
    ),
    ...((besides.rows?.[table] ?? []) as readonly HeldRow<TableCells[T]>[]),
  ];
  return {
    schemas: async () => besides.schemas ?? [],
    topic: 'payment-events',
    ownership: async () => histories.map(({ ownership }) => ownership),
    topicPartitions: async () => [...Array(besides.topicPartitions ?? Math.max(0, ...partitions)).keys()],
    bounds: async (partition) =>
      of(partition) === undefined
        ? { startOffset: 0, endOffset: 0 }
        : {
            startOffset: of(partition).logStart,
            endOffset: of(partition).logEnd,
            highWatermark: of(partition).logEnd + (of(partition).open ?? 0),
          },
    records: (partition, from, to) =>
      chunks(
        of(partition).records.filter(({ offset }) => offset >= Math.max(from, of(partition).logStart) && offset < to),
      ),
    tables: async () =>
      heldTables(
        {
          rows: {
            payment_transactions: held('payment_transactions', 'payments'),
            payment_transactions_fraud: held('payment_transactions_fraud'),
            payment_metrics_partials: held('payment_metrics_partials', 'partials'),
            payment_exceptions: held('payment_exceptions'),
          },
          checkpoints: histories.flatMap(({ ownership: { partition }, checkpoints }) =>
            checkpoints.map((row) => ({ partition, row })),
          ),
          ...(besides.foreign === undefined ? {} : { foreign: besides.foreign }),
        },
        2,
      ),
  };
}

async function* chunks<T>(items: readonly T[]): AsyncGenerator<T[]> {
  for (let at = 0; at < items.length; at += 2) yield items.slice(at, at + 2);
}
