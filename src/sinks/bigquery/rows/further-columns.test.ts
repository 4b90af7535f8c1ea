/** A further column may have a word of SQL for its name: every statement has it in backquotes. */
import { expect, test } from 'vitest';
import { FURTHER_TYPES } from '../../../payments/rules/rules.ts';
import { insertedColumns } from '../query/backfill-columns.ts';
import { furtherAsText } from './further-columns.ts';

const WORDS = ['order', 'select', 'hash', 'rows'].flatMap((name) =>
  FURTHER_TYPES.map((type) => ({ name, path: `/${name}`, type })),
);

test.each(WORDS)('$name as $type', (column) => {
  const quoted = `\`${column.name}\``;
  expect(furtherAsText(column).split(quoted)).toHaveLength(2);
  expect(furtherAsText(column).replace(quoted, '')).not.toMatch(new RegExp(`\\b${column.name}\\b`));
  const inserted = insertedColumns([column]).at(-1)!;
  expect(inserted.name).toBe(quoted);
  // What stands in the statement for its value has a name of its own.
  expect(`${inserted.parameter} ${inserted.value}`).not.toMatch(new RegExp(`\\b${column.name}\\b`));
});
