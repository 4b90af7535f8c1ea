import { expect, test } from 'vitest';
import { reconciliationText } from './reconciliation-metrics.ts';

test('counts the days that passed and those that failed, and says when', async () => {
  const text = await reconciliationText([{ pass: true }, { pass: false }, { pass: true }], 1_700_000_000_500);
  expect(text).toContain('provenonce_reconciliation_days{status="pass"} 2');
  expect(text).toContain('provenonce_reconciliation_days{status="fail"} 1');
  expect(text).toContain('provenonce_reconciliation_timestamp_seconds 1700000000.5');
});

test('a dataset without payments has no failed day', async () => {
  expect(await reconciliationText([], 0)).toContain('provenonce_reconciliation_days{status="fail"} 0');
});
