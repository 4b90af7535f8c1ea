/** How far tables got at a takeover, for tests: not past the checkpoint, or with these rows past it. */
import { differenceOf } from '../../payments/row-difference.ts';
import { DATA_TABLES, type DataRows, type DataTable } from '../../payments/types.ts';
import type { ReachedTable, ReachedTables } from '../ports.ts';

export function reachedWith<T extends DataTable>(table: T, rows: readonly DataRows[T][]): ReachedTable<T> {
  let met = 0;
  return {
    next: (rows.at(-1)?.kafkaOffset ?? -1) + 1,
    rows: rows.length,
    ask(row) {
      const found = rows[met];
      if (found === undefined) return 'missing';
      const difference = differenceOf(table, row, found);
      if (difference !== undefined) return { differs: `(offset ${found.kafkaOffset}): ${difference}` };
      met++;
      return 'present';
    },
    left: () => rows.length - met,
  };
}

export function nothingThere(): ReachedTables {
  return Object.fromEntries(DATA_TABLES.map((table) => [table, reachedWith(table, [])])) as unknown as ReachedTables;
}
