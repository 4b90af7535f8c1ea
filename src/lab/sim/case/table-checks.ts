/**
 * Direct checks of a simulated world's tables against its log: no duplicate, no loss below a checkpoint, and every row as a
 * run without faults writes it (the same fold, straight over the log). Findings are sentences that name offsets.
 */
import { AcceptedBatch } from '../../../payments/accepted-batch.ts';
import type { EventSchema, SchemaBook } from '../../../payments/event/schema/event-schema.ts';
import { schemaSource } from '../../../payments/event/schema/stored-schema.ts';
import type { FoldOutput } from '../../../payments/fold.ts';
import { PartitionFold } from '../../../payments/fold.ts';
import { compileEntry, resolveEntry } from '../../../payments/settings.ts';
import { DATA_TABLES, type DataRows, type DataTable } from '../../../payments/types.ts';
import { wantedSchema } from '../../../processor/schemas/wanted-schemas.ts';
import { parseSchema } from '../../../registry/parse-schema.ts';
import type { OwnershipRow } from '../../../sinks/bigquery/ports.ts';
import type { World } from '../world/world.ts';

type AnyRow = DataRows[DataTable];

/** Everything that is wrong; empty where nothing is. `complete`: the whole log must be below the checkpoints. */
export function checkTables(world: World, complete: boolean): string[] {
  const findings: string[] = [];
  for (const ownership of world.bigquery.ownership.readWithRules(world.kafka.topic)) {
    const checkpoint = world.bigquery.tables.checkpointed(ownership.partition);
    const { endOffset } = world.kafka.partition(ownership.partition);
    if (complete && checkpoint < endOffset) {
      findings.push(`p${ownership.partition}: checkpoint at ${checkpoint}, the log ends at ${endOffset}`);
    }
    findings.push(...comparePartition(world, ownership, checkpoint));
  }
  findings.push(...duplicateIds(world));
  return findings;
}

/** Rows past the checkpoint may be there or not; those that are must be the first ones, table by table. */
function comparePartition(world: World, ownership: OwnershipRow, checkpoint: number): string[] {
  const findings: string[] = [];
  const { partition } = ownership;
  const expected = foldLog(world, ownership);
  for (const table of DATA_TABLES) {
    const wanted = new Map(rowsOf(expected, table).map((row) => [rowKey(row), row]));
    const there = new Set<string>();
    for (const { row, stamp } of world.bigquery.tables.landed(table)) {
      if (stamp.partition !== partition) continue;
      const key = rowKey(row);
      if (there.has(key)) findings.push(`p${partition} ${table}: there twice: ${key}`);
      there.add(key);
      const same = wanted.get(key);
      if (same === undefined) findings.push(`p${partition} ${table}: not what the log yields: ${key}`);
      else if (!sameValue(projection(same, table), row)) findings.push(`p${partition} ${table}: differs: ${key}`);
    }
    for (const [key, row] of wanted) {
      if (row.kafkaOffset < checkpoint && !there.has(key)) {
        findings.push(`p${partition} ${table}: missing below ${checkpoint}: ${key}`);
      }
    }
  }
  return findings;
}

/** What the table has of a folded row: payment_transactions lacks the fraud columns, and alone has the further columns. */
function projection(row: AnyRow, table: DataTable): AnyRow {
  if (!('payment' in row)) return row;
  if (table === 'payment_transactions') return { kafkaOffset: row.kafkaOffset, payment: row.payment };
  const { further: _, ...payment } = row.payment;
  return { ...row, payment };
}

function foldLog(world: World, ownership: OwnershipRow): FoldOutput {
  const { partition, partitionCount, fixed, startOffset, history, skipped } = ownership;
  const schemas = bookOf(world);
  const fold = PartitionFold.fresh({ partition, partitionCount, fixed, startOffset, schemas });
  const output: FoldOutput = { accepted: new AcceptedBatch(), partials: [], exceptions: [] };
  const compiled = new Map(history.map((entry) => [entry, compileEntry(entry)]));
  // With what retention has taken since.
  for (const record of world.kafka.partition(partition).generations().at(-1)!.records) {
    if (record.offset < startOffset) continue;
    if (skipped.some(({ from, to }) => record.offset >= from && record.offset < to)) continue;
    const settings = compiled.get(resolveEntry(history, record.offset))!;
    const wanted = wantedSchema(record, settings.mapping);
    // Nobody folded it: that there is no row from here on is for the comparison to find.
    if (wanted !== undefined && schemas.schemaOf(wanted) === undefined) break;
    if (record.offset > fold.nextOffset) fold.skipTo(record.offset);
    fold.fold(record, settings, output);
  }
  return output;
}

/** The schemas that the dataset has. */
function bookOf(world: World): SchemaBook {
  const parsed = new Map<number, EventSchema>();
  for (const { schema_id: id, sha256, text } of world.bigquery.schemas.all()) {
    const source = schemaSource({ id, sha256, text });
    if (source !== undefined) parsed.set(id, parseSchema(source));
  }
  return { schemaOf: (id) => parsed.get(id) };
}

function rowsOf({ accepted, partials, exceptions }: FoldOutput, table: DataTable): readonly AnyRow[] {
  if (table === 'payment_metrics_partials') return partials;
  return table === 'payment_exceptions' ? exceptions : [...accepted];
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

/** What tells the rows of one table and partition apart: `offset 7`, or `offset 7, window ...`. */
function rowKey(row: AnyRow): string {
  if (!('windowStartMs' in row)) return `offset ${row.kafkaOffset}`;
  return `offset ${row.kafkaOffset}, window ${row.windowStartMs} ${row.region} ${row.currency}`;
}

function sameValue(left: unknown, right: unknown): boolean {
  if (Object.is(left, right)) return true;
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return false;
  const names = Object.keys(left);
  if (names.length !== Object.keys(right).length) return false;
  for (const name of names) {
    if (!sameValue((left as Record<string, unknown>)[name], (right as Record<string, unknown>)[name])) return false;
  }
  return true;
}
