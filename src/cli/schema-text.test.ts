import { describe, expect, test } from 'vitest';
import { appliedText } from './commands/schema.ts';

const nothing = { madeDataset: false, madeTables: [], markedTables: [], alteredColumns: [], warnings: [], givenUp: [] };
const none = { missing: [], different: [], unknown: [] };

describe('schema apply', () => {
  test.each([
    [true, 'would give up for good: 3 of 9 rows of payment_exceptions, partition 0'],
    [false, 'gave up: 3 of 9 rows of payment_exceptions, partition 0'],
  ])('says what --accept-loss gives up, before and after: dry run %s', (dryRun, line) => {
    const givenUp = ['3 of 9 rows of payment_exceptions, partition 0', 'all of backfill_turns'];
    const lines = appliedText('p.d', { ...nothing, givenUp, madeTables: ['backfill_turns'] }, dryRun).split('\n');
    expect(lines[0]).toBe(line);
    expect(lines[1]).toMatch(/: all of backfill_turns$/);
  });

  test('in a dry run names the views that differ, and says so where none does', () => {
    expect(appliedText('p.d', { ...nothing, views: none }, true)).toBe(
      'every view matches this release\np.d: nothing was changed',
    );
    const views = { missing: ['a'], different: ['b'], unknown: ['c', 'd'] };
    expect(appliedText('p.d', { ...nothing, views }, true).split('\n')).toEqual([
      'would make view a',
      'would replace view b, whose query differs',
      'would replace these views, of which the service does not say how they are made: c, d',
      'p.d: nothing was changed',
    ]);
  });

  test('says which columns it changes, before and after', () => {
    const column = 'payment_transactions: column order_id STRING is added';
    const applied = { ...nothing, alteredColumns: [column] };
    expect(appliedText('p.d', applied, true)).toBe(`would change ${column}\np.d: nothing was changed`);
    expect(appliedText('p.d', applied, false).split('\n')[0]).toBe(`changed ${column}`);
  });

  test('once it is done says that all is up to date', () => {
    expect(appliedText('p.d', nothing, false)).toBe('p.d: 9 tables and 10 views are up to date');
  });
});
