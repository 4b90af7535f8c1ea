/**
 * The guide's daily reconciliation: per day of event time, as many distinct transaction ids as rows. Reads the view
 * daily_reconciliation, which also fails the days that share an id.
 */
import { type DatasetRef, quotedTable } from '../../sinks/bigquery/identifiers.ts';
import { intParameter, type QueryParameter, type QueryValue } from '../../sinks/bigquery/query/query-values.ts';
import { decimalText } from '../oracle/money.ts';

/** What the checks need of a sink: its names, and reads. */
export interface TableQueries {
  readonly dataset: DatasetRef;
  readonly queries: {
    runQuery(sql: string, parameters?: readonly QueryParameter[]): Promise<Record<string, QueryValue>[]>;
  };
}

export interface ReconciledDay {
  /** YYYY-MM-DD, UTC. */
  readonly date: string;
  readonly uniqueTransactions: number;
  readonly totalRows: number;
  /** Decimal string, over all currencies, as the guide's query has it. */
  readonly totalAmount: string;
  /** Of totalRows, those that a backfill put in. */
  readonly backfilledRows: number;
  /** As the guide's query says it. */
  readonly status: string;
  readonly pass: boolean;
}

export interface Reconciliation {
  readonly verdict: 'PASS' | 'FAIL' | 'NODATA';
  /** Latest day first. */
  readonly days: readonly ReconciledDay[];
}

/** `days`: number of days back from the current one, as the guide's query (7); all where it is not given. */
export async function reconcile(sink: TableQueries, options: { readonly days?: number } = {}): Promise<Reconciliation> {
  const since = options.days === undefined ? '' : 'WHERE date >= DATE_SUB(CURRENT_DATE(), INTERVAL @days DAY)';
  const rows = await sink.queries.runQuery(
    `SELECT CAST(date AS STRING) AS date, unique_transactions, total_rows, total_amount, backfilled_rows, reconciliation_status
     FROM ${quotedTable(sink.dataset, 'daily_reconciliation')} ${since} ORDER BY date DESC`,
    options.days === undefined ? [] : [intParameter('days', options.days)],
  );
  const days = rows.map(reconciledDay);
  if (days.length === 0) return { verdict: 'NODATA', days };
  return { verdict: days.every(({ pass }) => pass) ? 'PASS' : 'FAIL', days };
}

/** The days as a table of text. */
export function reconciliationTable({ days }: Reconciliation): { head: string[]; rows: string[][] } {
  return {
    head: ['date', 'unique transactions', 'rows', 'backfilled', 'amount', 'status'],
    rows: days.map((day) => [
      day.date,
      String(day.uniqueTransactions),
      String(day.totalRows),
      String(day.backfilledRows),
      day.totalAmount,
      day.status,
    ]),
  };
}

function reconciledDay(row: Record<string, QueryValue>): ReconciledDay {
  const uniqueTransactions = Number(row.unique_transactions);
  const totalRows = Number(row.total_rows);
  const status = String(row.reconciliation_status);
  const { total_amount: amount } = row;
  return {
    date: String(row.date),
    uniqueTransactions,
    totalRows,
    backfilledRows: Number(row.backfilled_rows),
    totalAmount: typeof amount === 'bigint' ? decimalText(amount) : String(amount),
    status,
    // The view's word is not taken alone: the two counts are compared here as well.
    pass: status === 'PASS' && uniqueTransactions === totalRows,
  };
}
