/** The examples under examples/mappings, for the tests that hold them. */
import { readFileSync } from 'node:fs';
import path from 'node:path';

export const EXAMPLES = path.join(import.meta.dirname, '..', '..', '..', 'examples', 'mappings');

/** The Kafka timestamp that all their records have: 2025-11-24T18:00:00Z, after their events. */
export const EXAMPLE_RECORD_TIME_MS = 1_764_007_200_000;

/** A line of expected.csv, by the names in its head. An empty cell is NULL, or not looked at in a row that was not accepted. */
export type ExpectedRow = Readonly<Record<string, string>>;

export function expectedOf(name: string): ExpectedRow[] {
  const [head, ...lines] = readFileSync(path.join(EXAMPLES, name, 'expected.csv'), 'utf8')
    .trim()
    .split('\n');
  const columns = cellsOf(head!);
  return lines.map((line) => {
    const cells = cellsOf(line);
    const row = Object.fromEntries(columns.map((column, index) => [column, cells[index] ?? '']));
    if (row.disposition === 'accepted') return row;
    const { offset, disposition, reason, first, transaction_id } = row;
    return { offset, disposition, reason, first, transaction_id } as ExpectedRow;
  });
}

/** RFC 4180, without line breaks in cells. */
function cellsOf(line: string): string[] {
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,"]*))/g)].map(([, quoted, plain]) =>
    quoted === undefined ? (plain ?? '') : quoted.replaceAll('""', '"'),
  );
}
