/** The tables `rules` and `event_schemas`: texts that settings entries name by their digests, and schemas by their ids. */
import { quotedTable } from '../../sinks/bigquery/identifiers.ts';
import type { RowQueries } from './row-queries.ts';
import { textsByDigest } from './rules-texts.ts';
import type { SchemaRow } from './verify-inputs.ts';

/** As the rows say it: the digest in a row may be none of its text, and a digest may have several texts (textsByDigest). */
export async function readRulesTexts({ dataset, queries }: RowQueries): Promise<ReadonlyMap<string, string>> {
  const rows = await queries.runQuery(
    `SELECT DISTINCT sha256, text FROM ${quotedTable(dataset, 'rules')} WHERE sha256 IS NOT NULL AND text IS NOT NULL
     ORDER BY sha256, text`,
  );
  return textsByDigest(rows);
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
