/** A simulated topic, folded by the real fold and laid out as the tables would hold it: what `verify` must pass. */

import { AcceptedBatch } from '../../payments/accepted-batch.ts';
import { recordFingerprint } from '../../payments/event/hash.ts';
import type { FoldOutput } from '../../payments/fold.ts';
import { PartitionFold } from '../../payments/fold.ts';
import { cellsByName } from '../../payments/row-cells.ts';
import { canonicalRules } from '../../payments/rules/rules-document.ts';
import { compileEntry, resolveEntry } from '../../payments/settings.ts';
import type { DataRows, DataTable, FixedSettings, LogRecord, SettingsEntry } from '../../payments/types.ts';
import { generatePayments } from '../../simulator/generate.ts';
import type { SimulationPlan } from '../../simulator/plan.ts';
import type { RulesFrom } from '../inputs/verify-inputs.ts';
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
  const ownership = ownershipOf(partition, { partitionCount, fixed, history: namingTexts(history) });
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
    const epoch = epochAt(ownership, record.offset);
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

/** As the tables hold it: an entry names its rules by their digest, and the table `rules` has the text. */
function namingTexts(history: readonly SettingsEntry[]): RulesFrom[] {
  return history.map(({ rules, ...entry }) => {
    if (rules === undefined) return entry;
    const { revision, sha256 } = rules;
    return { ...entry, rules: { revision, sha256, text: canonicalRules(rules.rules) } };
  });
}

function addCells(history: PartitionHistory, out: FoldOutput, writer_epoch: number): void {
  const add = <T extends DataTable>(table: T, rows: Iterable<DataRows[T]>): void => {
    for (const row of rows) history[table].push({ ...cellsByName<T>(table, row), writer_epoch } as never);
  };
  add('payment_transactions', out.accepted);
  add('payment_transactions_fraud', out.accepted);
  add('payment_metrics_partials', out.partials);
  add('payment_exceptions', out.exceptions);
}
