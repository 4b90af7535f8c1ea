/**
 * The facts of a demo run in the simulated world, counted over its tables' rows as the views count them. The verdict of
 * `verify` comes from the same independent oracle as on real parts.
 */

import type { ReconciledDay } from '../checks/by-sql/reconcile.ts';
import type { TableCells, TablesSnapshot } from '../checks/inputs/verify-inputs.ts';
import { billionths, decimalText } from '../checks/oracle/money.ts';
import { verify } from '../checks/verify.ts';
import { simInputs } from '../lab/sim/sim-inputs.ts';
import type { World } from '../lab/sim/world/world.ts';
import type { DemoFacts, DuplicatesOfDay, FraudBand, PartitionCounts } from './demo-facts.ts';

type CountedTable = keyof TableCells;

export async function embeddedFacts(world: World): Promise<DemoFacts> {
  const inputs = simInputs(world);
  const tables = await inputs.tables();
  const rowsOf = async <T extends CountedTable>(table: T): Promise<TableCells[T][]> => {
    const partitions = [...world.kafka.partitions.keys()];
    const chunks = await Promise.all(
      partitions.map(async (partition) => Array.fromAsync(tables.rows(table, partition))),
    );
    return chunks.flat(2);
  };
  const [payments, fraud, partials, exceptions] = [
    await rowsOf('payment_transactions'),
    await rowsOf('payment_transactions_fraud'),
    await rowsOf('payment_metrics_partials'),
    await rowsOf('payment_exceptions'),
  ];
  return {
    verified: await verify(inputs),
    days: reconciledDays(payments),
    rows: payments.length,
    distinctIds: new Set(payments.map((row) => row.transaction_id)).size,
    storedSums: Object.fromEntries(
      [...Map.groupBy(payments, (row) => row.currency)].map(([currency, rows]) => [
        currency,
        { count: rows.length, amount: sumOf(rows) },
      ]),
    ),
    closedWindows: new Set(partials.map((row) => row.window_start)).size,
    partitions: await lastCheckpoints(tables, world.kafka.partitions.length),
    fraud: fraudBands(fraud),
    duplicates: duplicatesByDay(payments, exceptions),
  };
}

/** Like the view daily_reconciliation: a repeated id fails every day that has it. */
function reconciledDays(payments: readonly TableCells['payment_transactions'][]): ReconciledDay[] {
  const copies = Map.groupBy(payments, (row) => row.transaction_id);
  return latestFirst(Map.groupBy(payments, (row) => dayOf(row.event_time))).map(([date, rows]) => {
    const uniqueTransactions = new Set(rows.map((row) => row.transaction_id)).size;
    const pass = rows.every((row) => copies.get(row.transaction_id)?.length === 1);
    return {
      date,
      uniqueTransactions,
      totalRows: rows.length,
      backfilledRows: 0,
      totalAmount: sumOf(rows),
      status: pass ? 'PASS' : 'FAIL - DUPLICATES DETECTED',
      pass,
    };
  });
}

async function lastCheckpoints(tables: TablesSnapshot, partitions: number): Promise<PartitionCounts[]> {
  const found = await Promise.all(
    Array.from({ length: partitions }, async (_, partition) => {
      const last = (await Array.fromAsync(tables.checkpoints(partition))).flat().at(-1);
      if (last === undefined) return [];
      const { consumed, accepted, duplicates, late, rejected } = last;
      return [{ partition, consumed, accepted, duplicates, late, rejected }];
    }),
  );
  return found.flat();
}

function fraudBands(rows: readonly TableCells['payment_transactions_fraud'][]): FraudBand[] {
  return [...Map.groupBy(rows, (row) => row.risk_amount)]
    .map(([band, found]) => ({
      band,
      payments: found.length,
      highRisk: found.filter((row) => row.is_high_risk).length,
      topScore: found.reduce((top, row) => Math.max(top, row.fraud_score), 0),
    }))
    .sort((a, b) => (a.band < b.band ? -1 : 1));
}

/** Like the view deduplication_effectiveness: by day of the event; for a rejected record, of the record. */
function duplicatesByDay(
  payments: readonly TableCells['payment_transactions'][],
  exceptions: readonly TableCells['payment_exceptions'][],
): DuplicatesOfDay[] {
  const accepted = Map.groupBy(payments, (row) => dayOf(row.event_time));
  const others = Map.groupBy(exceptions, (row) =>
    dayOf(row.disposition === 'rejected' ? row.record_time : (row.event_time ?? row.record_time)),
  );
  const days = new Map([...accepted.keys(), ...others.keys()].map((date) => [date, date]));
  return latestFirst(days).map(([date]) => ({
    date,
    accepted: accepted.get(date)?.length ?? 0,
    duplicates: others.get(date)?.filter((row) => row.disposition === 'duplicate').length ?? 0,
    conflicts: others.get(date)?.filter((row) => row.conflict === true).length ?? 0,
  }));
}

function sumOf(rows: readonly { readonly amount: string }[]): string {
  return decimalText(rows.reduce((sum, { amount }) => sum + (billionths(amount) ?? 0n), 0n));
}

function dayOf(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 10);
}

function latestFirst<T>(byDate: ReadonlyMap<string, T>): [string, T][] {
  return [...byDate].sort(([a], [b]) => (a < b ? 1 : -1));
}
