/**
 * What only Delta tables can show: files that the log names and that are gone, cut or added twice; and positions (the transactions in
 * the tables' logs) against rows, checkpoints and owners. Positions are read in the snapshot that has the rows.
 */
import { CHECKED_TABLES } from '../../partition/walk-partition.ts';
import type { CheckedTable, OwnershipFacts, StoredFinding } from '../verify-inputs.ts';
import type { OpenedTable } from './delta-tables.ts';
import { type Duck, sqlName, sqlText } from './duck.ts';

type Tables = ReadonlyMap<string, OpenedTable>;

const BROKEN: Readonly<Record<CheckedTable, StoredFinding['guarantee']>> = {
  payment_transactions: 'G1',
  payment_transactions_fraud: 'G4',
  payment_metrics_partials: 'G3',
  payment_exceptions: 'G1',
};

export async function storedFindings(
  duck: Duck,
  topic: string,
  ownership: readonly OwnershipFacts[],
  tables: Tables,
): Promise<StoredFinding[]> {
  return [
    ...[...tables.values()].flatMap(fileFindings),
    ...(await countFindings(duck, tables)),
    ...ownership.flatMap((facts) => epochFindings(topic, facts, tables)),
    ...(await rowFindings(duck, topic, ownership, tables)),
    ...(await checkpointFindings(duck, topic, ownership, tables)),
  ];
}

function finding(table: string, kind: string, message: string, partition: number | null = null): StoredFinding {
  const guarantee = kind.startsWith('file_') ? (BROKEN[table as CheckedTable] ?? 'G6') : 'G6';
  return { guarantee, kind, partition, offsets: [], transactionIds: [], message: `${table}: ${message}` };
}

function fileFindings({ name, damaged, addedTwice }: OpenedTable): StoredFinding[] {
  return [
    ...damaged.map(({ path, byteLength, foundBytes }) =>
      foundBytes === undefined
        ? finding(name, 'file_missing', `the log names the file ${path}, and the file is gone`)
        : finding(
            name,
            'file_differs',
            `the log says ${byteLength} bytes of the file ${path}, and it has ${foundBytes}`,
          ),
    ),
    ...addedTwice.map((path) => finding(name, 'file_added_twice', `two commits add the file ${path}`)),
  ];
}

/** Rows of each table against the statistics of its files. */
async function countFindings(duck: Duck, tables: Tables): Promise<StoredFinding[]> {
  const found: StoredFinding[] = [];
  for (const { name, files, damaged } of tables.values()) {
    if (damaged.length > 0 || files.some(({ rowCount }) => rowCount === null)) continue;
    const said = files.reduce((sum, { rowCount }) => sum + rowCount!, 0);
    const [row] = await duck.rows(`SELECT count(*) AS row_count FROM ${sqlName(name)}`);
    const there = Number(row!.row_count);
    if (said === there) continue;
    found.push(finding(name, 'file_rows_differ', `the log says ${said} rows in its files, and they have ${there}`));
  }
  return found;
}

function txnOf(tables: Tables, table: string, topic: string, partition: number, kind: 'epoch' | 'next'): number {
  return tables.get(table)!.txns.get(`provenonce/${topic}/${partition}/${kind}`) ?? 0;
}

function epochFindings(topic: string, { partition, epoch }: OwnershipFacts, tables: Tables): StoredFinding[] {
  return [...tables.keys()].flatMap((table) => {
    const fenced = txnOf(tables, table, topic, partition, 'epoch');
    if (fenced <= epoch) return [];
    const message = `partition ${partition} was fenced for epoch ${fenced}, and partition_ownership says epoch ${epoch}`;
    return [finding(table, 'position_differs', message, partition)];
  });
}

/** No row of an owner lies at or past the table's position. */
async function rowFindings(
  duck: Duck,
  topic: string,
  ownership: readonly OwnershipFacts[],
  tables: Tables,
): Promise<StoredFinding[]> {
  const known = new Set(ownership.map(({ partition }) => partition));
  const found: StoredFinding[] = [];
  for (const table of [...CHECKED_TABLES, 'checkpoint_log'] as const) {
    const isLog = table === 'checkpoint_log';
    const rows = await duck.rows(
      `SELECT kafka_partition AS of_partition, max(${isLog ? 'next_offset' : 'kafka_offset'}) AS last FROM ${sqlName(table)}
WHERE kafka_partition IS NOT NULL AND writer_epoch > 0${isLog ? ` AND topic = ${sqlText(topic)}` : ''} GROUP BY 1 ORDER BY 1`,
    );
    for (const { of_partition, last } of rows) {
      const partition = Number(of_partition);
      if (!known.has(partition)) continue;
      const next = txnOf(tables, table, topic, partition, 'next');
      if (isLog ? next === Number(last) : next > Number(last)) continue;
      const message = isLog
        ? `its newest checkpoint of partition ${partition} is at ${last}, and its transaction says ${next}`
        : `it has a row of partition ${partition}, offset ${last}, and its transaction says that all rows are below ${next}`;
      found.push({ ...finding(table, 'position_differs', message, partition), offsets: [Number(last)] });
    }
  }
  return found;
}

/** No table is behind what a checkpoint remembers of it: it would be an older version, or another table. */
async function checkpointFindings(
  duck: Duck,
  topic: string,
  ownership: readonly OwnershipFacts[],
  tables: Tables,
): Promise<StoredFinding[]> {
  const known = new Set(ownership.map(({ partition }) => partition));
  const found: StoredFinding[] = [];
  for (const table of CHECKED_TABLES) {
    const rows = await duck.rows(
      `SELECT kafka_partition AS of_partition, max(said) AS said FROM (
  SELECT kafka_partition, TRY_CAST(json_extract_string(TRY_CAST(stream_offsets AS JSON), '$.next.${table}') AS BIGINT) AS said
  FROM checkpoint_log WHERE topic = $topic AND kafka_partition IS NOT NULL
) GROUP BY 1 ORDER BY 1`,
      { topic },
    );
    for (const { of_partition, said } of rows) {
      const partition = Number(of_partition);
      const next = txnOf(tables, table, topic, partition, 'next');
      if (!known.has(partition) || said === null || Number(said) <= next) continue;
      const message = `a checkpoint of partition ${partition} remembers all rows below ${said}, and the transaction says ${next}`;
      found.push(finding(table, 'position_differs', message, partition));
    }
  }
  return found;
}
