/**
 * Direct checks of a simulated world's tables against its log: no duplicate, no loss below a checkpoint, and every row as a
 * run without faults writes it (the same fold, straight over the log). Findings are sentences that name offsets.
 */
import { PartitionFold } from '../../payments/fold.ts';
import { compileSettings, resolveEntry } from '../../payments/settings.ts';
import { DATA_TABLES, type DataTable, type FoldOutput } from '../../payments/types.ts';
import type { Ownership } from '../../processor/ports.ts';
import type { World } from './world.ts';

/** Everything that is wrong; empty where nothing is. `complete`: the whole log must be below the checkpoints. */
export function checkTables(world: World, complete: boolean): string[] {
  const findings: string[] = [];
  for (const ownership of world.bigquery.ownership.read(world.kafka.topic)) {
    const checkpoint = greatestCheckpoint(world, ownership.partition);
    const { endOffset } = world.kafka.partition(ownership.partition);
    if (complete && checkpoint < endOffset) {
      findings.push(`p${ownership.partition}: checkpoint at ${checkpoint}, the log ends at ${endOffset}`);
    }
    findings.push(...comparePartition(world, ownership, checkpoint));
  }
  findings.push(...duplicateIds(world));
  return findings;
}

export function greatestCheckpoint(world: World, partition: number): number {
  let greatest = 0;
  for (const { row, stamp } of world.bigquery.tables.landed('checkpoint_log')) {
    if (stamp.partition === partition) greatest = Math.max(greatest, row.nextOffset);
  }
  return greatest;
}

/** Rows past the checkpoint may be there or not; those that are must be the first ones, table by table. */
function comparePartition(world: World, ownership: Ownership, checkpoint: number): string[] {
  const findings: string[] = [];
  const { partition } = ownership;
  const expected = foldLog(world, ownership);
  for (const table of DATA_TABLES) {
    const wanted = rowsOf(expected, table);
    const found = world.bigquery.tables.landed(table).filter(({ stamp }) => stamp.partition === partition);
    const texts = found.map(({ row }) => rowText(row)).sort();
    const twice = texts.find((text, i) => text === texts[i - 1]);
    if (twice !== undefined) findings.push(`p${partition} ${table}: there twice: ${twice}`);
    const known = new Set(wanted.map(rowText));
    const alien = texts.find((text) => !known.has(text));
    if (alien !== undefined) findings.push(`p${partition} ${table}: not what the log yields: ${alien}`);
    const there = new Set(texts);
    const missing = wanted.find((row) => row.kafkaOffset < checkpoint && !there.has(rowText(row)));
    if (missing !== undefined)
      findings.push(`p${partition} ${table}: missing below ${checkpoint}: ${rowText(missing)}`);
  }
  return findings;
}

function foldLog(world: World, ownership: Ownership): FoldOutput {
  const { partition, partitionCount, fixed, startOffset, history } = ownership;
  const fold = PartitionFold.fresh({ partition, partitionCount, fixed, startOffset });
  const output: FoldOutput = { accepted: [], partials: [], exceptions: [] };
  const compiled = new Map(history.map((entry) => [entry, compileSettings(entry.decision)]));
  const log = world.kafka.partition(partition);
  const slice = log.read(Math.max(startOffset, log.startOffset), Number.POSITIVE_INFINITY);
  for (const record of slice?.records ?? []) {
    if (record.offset > fold.nextOffset) fold.skipTo(record.offset);
    fold.fold(record, compiled.get(resolveEntry(history, record.offset))!, output);
  }
  return output;
}

function rowsOf({ accepted, partials, exceptions }: FoldOutput, table: DataTable): readonly { kafkaOffset: number }[] {
  if (table === 'payment_metrics_partials') return partials;
  return table === 'payment_exceptions' ? exceptions : accepted;
}

function duplicateIds(world: World): string[] {
  const seen = new Set<string>();
  const findings: string[] = [];
  for (const { row } of world.bigquery.tables.landed('payment_transactions')) {
    if (seen.has(row.payment.transactionId)) findings.push(`${row.payment.transactionId} was accepted twice`);
    seen.add(row.payment.transactionId);
  }
  return findings;
}

/** Members in one order, so that equal rows have equal texts. */
function rowText(row: object): string {
  const sorted = (value: unknown): unknown => {
    if (typeof value === 'bigint') return `${value}n`;
    if (typeof value !== 'object' || value === null) return value;
    return Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, member]) => [name, sorted(member)]);
  };
  return JSON.stringify(sorted(row));
}
