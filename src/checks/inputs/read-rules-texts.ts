/** The tables `rules` and `event_schemas`: texts that settings entries name by their digests, and schemas by their ids. */
import { quotedTable } from '../../sinks/bigquery/identifiers.ts';
import type { RowQueries } from './row-queries.ts';
import type { SchemaRow } from './verify-inputs.ts';

/**
 * As the rows say it: the digest in a row may be none of its text. Where rows with one digest have several texts, all of them one
 * behind the other: a text that no digest fits.
 */
export async function readRulesTexts({ dataset, queries }: RowQueries): Promise<ReadonlyMap<string, string>> {
  const rows = await queries.runQuery(
    `SELECT DISTINCT sha256, text FROM ${quotedTable(dataset, 'rules')} WHERE sha256 IS NOT NULL AND text IS NOT NULL
     ORDER BY sha256, text`,
  );
  const texts = new Map<string, string>();
  for (const { sha256, text } of rows) texts.set(String(sha256), `${texts.get(String(sha256)) ?? ''}${String(text)}`);
  return texts;
}

export async function readSchemas({ dataset, queries }: RowQueries): Promise<SchemaRow[]> {
  const rows = await queries.runQuery(
    `SELECT schema_id, sha256, text FROM ${quotedTable(dataset, 'event_schemas')} ORDER BY schema_id`,
  );
  return rows.map(({ schema_id, sha256, text }) => ({
    schema_id: Number(schema_id),
    sha256: String(sha256),
    text: String(text),
  }));
}
