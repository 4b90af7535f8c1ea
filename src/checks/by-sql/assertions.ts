/** The checks by SQL as plain assertions, for tests, scenarios and the lab. Each throws CheckFailed with both sides. */

import type { LedgerEntry } from '../../simulator/ledger.ts';
import { quotedTable } from '../../sinks/bigquery/identifiers.ts';
import { billionths, decimalText } from '../oracle/money.ts';
import type { TableQueries } from './reconcile.ts';

export class CheckFailed extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'CheckFailed';
  }
}

/** Sums per currency: how many payments, and their amounts as a decimal string. */
export type SumsByCurrency = Readonly<Record<string, { readonly count: number; readonly amount: string }>>;

/** COUNT(*) = COUNT(DISTINCT transaction_id) in payment_transactions; resolves with that number. */
export async function assertUnique({ dataset, queries }: TableQueries): Promise<number> {
  const [row] = await queries.runQuery(
    `SELECT COUNT(*) AS total_rows, COUNT(DISTINCT transaction_id) AS ids FROM ${quotedTable(dataset, 'payment_transactions')}`,
  );
  const rows = Number(row?.total_rows);
  const ids = Number(row?.ids);
  if (rows !== ids) throw new CheckFailed(`payment_transactions: ${rows} rows, but ${ids} distinct transaction ids`);
  return rows;
}

/** The sums over payment_transactions, per currency. */
export async function storedSums({ dataset, queries }: TableQueries): Promise<SumsByCurrency> {
  const rows = await queries.runQuery(
    `SELECT currency, COUNT(*) AS payments, SUM(amount) AS amount
     FROM ${quotedTable(dataset, 'payment_transactions')} GROUP BY currency ORDER BY currency`,
  );
  return Object.fromEntries(
    rows.map((row) => [
      String(row.currency),
      {
        count: Number(row.payments),
        amount: typeof row.amount === 'bigint' ? decimalText(row.amount) : String(row.amount),
      },
    ]),
  );
}

/**
 * The sums over payment_transactions are, per currency and to the last decimal, those of the payments that were sent and
 * should be accepted: SimulationSummary.expectedSums of the one run that the topic holds, with the settings it was made for.
 */
export async function assertSumsMatch(sent: SumsByCurrency, sink: TableQueries): Promise<void> {
  const stored = await storedSums(sink);
  const currencies = [...new Set([...Object.keys(sent), ...Object.keys(stored)])].sort();
  const text = (sums: SumsByCurrency, currency: string): string => {
    const { count, amount } = sums[currency] ?? { count: 0, amount: '0' };
    return `${count} payments, ${amount}`;
  };
  const problems = currencies
    .filter((currency) => text(sent, currency) !== text(stored, currency))
    .map((currency) => `${currency}: sent ${text(sent, currency)}; stored ${text(stored, currency)}`);
  if (problems.length > 0) throw new CheckFailed(`sums differ:\n${problems.join('\n')}`);
}

/**
 * Sums over the entries of a ledger that `isAccepted` picks: for topics where the summary's expectation does not hold, as
 * with several runs, or settings that change on the way.
 */
export async function sumsOf(
  entries: AsyncIterable<LedgerEntry> | Iterable<LedgerEntry>,
  isAccepted: (entry: LedgerEntry) => boolean,
): Promise<SumsByCurrency> {
  const sums = new Map<string, { count: number; total: bigint }>();
  for await (const entry of entries) {
    if (!isAccepted(entry)) continue;
    const sum = sums.get(entry.currency) ?? { count: 0, total: 0n };
    sums.set(entry.currency, { count: sum.count + 1, total: sum.total + (billionths(entry.amount) ?? 0n) });
  }
  return Object.fromEntries(
    [...sums].map(([currency, { count, total }]) => [currency, { count, amount: decimalText(total) }]),
  );
}
