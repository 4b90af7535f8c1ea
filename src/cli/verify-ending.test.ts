/** The last lines of `verify`, and its progress. */
import { expect, test } from 'vitest';
import { ContradictionError } from '../base/errors.ts';
import { verifyText } from '../checks/verify-text.ts';
import { FACTS } from '../demo/testing/passing-demo.ts';
import { comparisonText } from '../sinks/compared-rows.ts';
import { progressText } from './commands/verify.ts';
import { lostDocument } from './exit.ts';

const loss = { table: 'payment_exceptions', partition: 0, rows: 5, reason: 'PASS', by: 'ana', atMs: 0 };
const tables = {
  lost: undefined,
  tooMany: ['payment_transactions, partition 0: 12 rows, 11 counted'],
  acceptedLosses: [loss],
} as unknown as Parameters<typeof comparisonText>[0];

test('the verdict is the last line, also when tables are missing', () => {
  const lines = verifyText({ ...FACTS.verified, verdict: 'PASS' }, comparisonText(tables)).split('\n');
  expect(lines.at(-1)).toBe('PASS');
  expect(lines.filter((line) => line === 'PASS')).toHaveLength(1);
  expect(lines.slice(-3, -1)).toEqual([
    expect.stringMatching(/^more rows than counters: /),
    expect.stringMatching(/^accepted loss: 5 rows of payment_exceptions/),
  ]);
});

test('the progress says that its count is of all partitions', () => {
  expect(progressText(3, 12_345)).toBe('12,345 records checked in all; now in partition 3');
});

test('rows that are lost stand in the JSON report as its error', () => {
  expect(lostDocument(undefined)).toEqual({});
  expect(lostDocument(new ContradictionError('rows_lost', '5 rows are missing'))).toEqual({
    error: { code: 'rows_lost', exitCode: 65, message: '5 rows are missing' },
  });
});
