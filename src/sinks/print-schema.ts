/** The tables and views of a sink as SQL, without connecting to it. */

import { LOSSES_TABLE, TABLES } from './bigquery/dataset/names.ts';
import type { SchemaOptions } from './bigquery/dataset/statements.ts';
import { printSchema } from './bigquery/schema.ts';
import { duckdbViews } from './duckdb-views.ts';
import type { SinkEndpoint } from './sink-endpoint.ts';

export async function printSinkSchema(
  endpoint: SinkEndpoint,
  options: Pick<SchemaOptions, 'clustering' | 'layout'>,
): Promise<string> {
  switch (endpoint.kind) {
    case 'bigquery':
      return printSchema({ dataset: endpoint, ...options });
    case 'delta':
      return printDuckdbScript(endpoint.location);
    default:
      return endpoint satisfies never;
  }
}

/**
 * As a script for DuckDB: the tables of the location as views, by DuckDB's extension for Delta Lake, and the ten views on them. `provenonce
 * schema apply` makes the tables themselves.
 */
export async function printDuckdbScript(location: string): Promise<string> {
  const views = await duckdbViews();
  const folder = location.replace(/\/+$/, '').replaceAll("'", "''");
  const tables = [...TABLES, 'known_payments', LOSSES_TABLE].map(
    (name) => `CREATE OR REPLACE VIEW ${name} AS SELECT * FROM delta_scan('${folder}/${name}')`,
  );
  return `${['INSTALL delta', 'LOAD delta', "SET TimeZone = 'UTC'", ...tables, ...views.values()].join(';\n\n')};\n`;
}
