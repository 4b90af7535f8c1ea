/** The views of sql/delta: what sql/views has for BigQuery, for DuckDB over Delta tables. They read tables by their plain names. */
import { readFile } from 'node:fs/promises';
import { VIEWS } from './bigquery/dataset/names.ts';

/** Statements by the name of their view. Views read tables only, so their order does not matter. */
export async function duckdbViews(): Promise<ReadonlyMap<string, string>> {
  const read = async (name: string): Promise<readonly [string, string]> => {
    const text = await readFile(new URL(`../../sql/delta/${name}.sql`, import.meta.url), 'utf8');
    return [name, text.trimEnd()];
  };
  return new Map(await Promise.all(VIEWS.map(read)));
}
