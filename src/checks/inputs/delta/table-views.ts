/** Delta tables for the checks by SQL: a query sees the newest versions of the tables, and the views of sql/delta. */
import { ConfigurationError } from '../../../base/errors.ts';
import { duckdbViews } from '../../../sinks/duckdb-views.ts';
import { openTable } from './delta-tables.ts';
import { Duck, type DuckParameters, type DuckRow } from './duck.ts';
import { tableFolders } from './open-folders.ts';

/** The tables that views read. */
const READ = [
  'payment_transactions',
  'payment_transactions_fraud',
  'payment_metrics_partials',
  'payment_exceptions',
  'checkpoint_log',
  'partition_ownership',
] as const;

/** Runs one query over the tables and views of a location. Tables are opened in an order in which none says more than those before. */
export async function queryTables(location: string, sql: string, parameters: DuckParameters = {}): Promise<DuckRow[]> {
  const duck = await Duck.open();
  try {
    await openViews(duck, location);
    return await duck.rows(sql, parameters);
  } finally {
    duck.close();
  }
}

async function openViews(duck: Duck, location: string): Promise<void> {
  const folders = await tableFolders(location, duck.folder);
  // Checkpoints first: what they count is in the other tables then.
  for (const name of ['checkpoint_log', ...READ.filter((table) => table !== 'checkpoint_log')]) {
    const { damaged } = await openTable(duck, folders, name);
    if (damaged.length === 0) continue;
    const { path, foundBytes } = damaged[0]!;
    const what = foundBytes === undefined ? 'is gone' : `has ${foundBytes} bytes and not those that the log says`;
    throw new ConfigurationError([
      `${name}: the file ${path} ${what}: its rows cannot be counted. Run \`provenonce verify\`, which names what is lost`,
    ]);
  }
  for (const statement of (await duckdbViews()).values()) await duck.run(statement);
}
