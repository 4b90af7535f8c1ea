/**
 * A Delta table that no writer of ours made: its Parquet file by DuckDB, its log line by line. For tests of what reads tables: the
 * judges, and the lab's own queries.
 */
import { mkdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';

export const APP = 'provenonce/payments/0/next';
/** Sums to 12345678901234567890123456789.000000001 and a half. */
const ROWS = [
  [0, '12345678901234567890123456789.000000000', '2026-11-01 00:00:00.000001+00', 'a'],
  [1, '0.000000001', '2026-11-01 00:00:00.000999+00', 'b'],
  [2, '0.500000000', '2026-11-02 23:59:59.999999+00', null],
] as const;
export const HAND_MADE = {
  rows: 3,
  sum: '12345678901234567890123456789.500000001',
  timesUs: [1_793_491_200_000_001, 1_793_663_999_999_999],
} as const;

/** Version 0 with one file of three rows, and the txn APP at 3. */
export async function handMadeTable(folder: string): Promise<void> {
  await mkdir(path.join(folder, '_delta_log'), { recursive: true });
  const file = 'part-0.parquet';
  const values = ROWS.map(
    ([offset, amount, time, text]) =>
      `(${offset}::BIGINT, ${amount}::DECIMAL(38, 9), '${time}'::TIMESTAMPTZ, ${text === null ? 'NULL' : `'${text}'`}::VARCHAR)`,
  );
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  try {
    await connection.run("SET TimeZone = 'UTC'");
    await connection.run(
      `COPY (SELECT * FROM (VALUES ${values.join(', ')}) AS t(kafka_offset, amount, event_time, note)) TO '${path.join(folder, file)}' (FORMAT parquet)`,
    );
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
  const { size } = await stat(path.join(folder, file));
  const field = (name: string, type: string) => ({ name, type, nullable: true, metadata: {} });
  const fields = [
    field('kafka_offset', 'long'),
    field('amount', 'decimal(38,9)'),
    field('event_time', 'timestamp'),
    field('note', 'string'),
  ];
  const actions = [
    { protocol: { minReaderVersion: 1, minWriterVersion: 2 } },
    {
      metaData: {
        id: '11111111-2222-3333-4444-555555555555',
        format: { provider: 'parquet', options: {} },
        schemaString: JSON.stringify({ type: 'struct', fields }),
        partitionColumns: [],
        configuration: {},
        createdTime: 0,
      },
    },
    { txn: { appId: APP, version: 3, lastUpdated: 0 } },
    { add: { path: file, partitionValues: {}, size, modificationTime: 0, dataChange: true } },
  ];
  const lines = actions.map((action) => `${JSON.stringify(action)}\n`).join('');
  await writeFile(path.join(folder, '_delta_log', `${'0'.repeat(20)}.json`), lines);
}
