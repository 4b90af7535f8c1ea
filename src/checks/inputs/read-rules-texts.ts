/** The table `rules`: the texts that settings entries name, by their digests. */
import { quotedTable } from '../../sinks/bigquery/identifiers.ts';
import type { RowQueries } from './row-queries.ts';

/** As the rows say it: the digest in a row may be none of its text. Of several rows with one digest, the first by its text. */
export async function readRulesTexts({ dataset, queries }: RowQueries): Promise<ReadonlyMap<string, string>> {
  const rows = await queries.runQuery(
    `SELECT sha256, text FROM ${quotedTable(dataset, 'rules')} WHERE sha256 IS NOT NULL AND text IS NOT NULL
     ORDER BY sha256, text DESC`,
  );
  return new Map(rows.map(({ sha256, text }) => [String(sha256), String(text)]));
}
