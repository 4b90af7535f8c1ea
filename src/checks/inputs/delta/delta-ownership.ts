/** partition_ownership, rules and event_schemas of Delta tables as verify reads them. JSON is parsed here, and judged by the checks. */
import { ContradictionError } from '../../../base/errors.ts';
import { namesRules, textsByDigest, withRulesTexts } from '../rules-texts.ts';
import type { OwnershipFacts, SchemaRow } from '../verify-inputs.ts';
import { openTable } from './delta-tables.ts';
import type { Duck, DuckRow } from './duck.ts';
import type { TableFolders } from './table-folders.ts';

/** Ascending by partition. */
export async function readOwnership(duck: Duck, folders: TableFolders, topic: string): Promise<OwnershipFacts[]> {
  await openTable(duck, folders, 'partition_ownership');
  const rows = await duck.rows(
    `SELECT kafka_partition, epoch, claim_id, partition_count, start_offset, fixed_settings, settings_history, skipped
FROM partition_ownership WHERE topic = $topic ORDER BY kafka_partition`,
    { topic },
  );
  const facts = rows.map((row) => factsOf(topic, row));
  const texts = namesRules(facts) ? await rulesTexts(duck, folders) : new Map<string, string>();
  return facts.map((each) => withRulesTexts(each, (sha256) => texts.get(sha256) ?? null));
}

export async function readSchemaRows(duck: Duck, folders: TableFolders): Promise<SchemaRow[]> {
  await openTable(duck, folders, 'event_schemas');
  const rows = await duck.rows('SELECT schema_id, sha256, text FROM event_schemas ORDER BY schema_id');
  return rows.map(({ schema_id, sha256, text }) => ({
    schema_id: Number(schema_id),
    sha256: String(sha256),
    text: String(text),
  }));
}

async function rulesTexts(duck: Duck, folders: TableFolders): Promise<ReadonlyMap<string, string>> {
  await openTable(duck, folders, 'rules');
  const rows = await duck.rows(
    'SELECT DISTINCT sha256, text FROM rules WHERE sha256 IS NOT NULL AND text IS NOT NULL ORDER BY sha256, text',
  );
  return textsByDigest(rows);
}

type StoredFacts = Parameters<typeof withRulesTexts>[0];

function factsOf(topic: string, row: DuckRow): StoredFacts {
  const where = `partition_ownership, topic ${topic}, partition ${row.kafka_partition}`;
  const number = (column: string): number => {
    const value = row[column];
    if (typeof value !== 'number') throw damaged(where, `${column} is ${value}`);
    return value;
  };
  return {
    partition: number('kafka_partition'),
    epoch: number('epoch'),
    claimId: String(row.claim_id),
    partitionCount: number('partition_count'),
    startOffset: number('start_offset'),
    fixed: json(where, row, 'fixed_settings', false),
    history: json(where, row, 'settings_history', true),
    skipped: json(where, row, 'skipped', true),
  };
}

function json<T>(where: string, row: DuckRow, column: string, isList: boolean): T {
  const text = String(row[column]);
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && Array.isArray(value) === isList) return value as T;
  } catch {
    // Below.
  }
  throw damaged(where, `${column} is ${text.slice(0, 200)}`);
}

function damaged(where: string, what: string): ContradictionError {
  return new ContradictionError(
    'ownership_rows',
    `${where}: ${what}. Someone changed the row by hand, or a newer version wrote it: repair it before starting again`,
  );
}
