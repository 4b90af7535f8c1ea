import { describe, expect, test } from 'vitest';
import { tableText } from './table.ts';
import { cellsOf, wrapText, wrapWords } from './wrap.ts';

const HEAD = ['setting', 'value', 'from'];
const ROWS = [
  ['KAFKA_SASL_OAUTH_CLIENT_SECRET', '********', 'env'],
  ['FRAUD_REGION_POINTS', 'eu-west=0,eu-east=0,us-east=0,us-west=0,sa-east=10,ap-south=10,africa=10', 'default'],
  ['CHECKPOINT_LOCATION', './checkpoint', 'default'],
];
const widest = (text: string): number => Math.max(...text.split('\n').map(cellsOf));
/** What a reader finds in each column, wherever its cells were broken. */
const columnsOf = (text: string): string[] => {
  const lines = text.split('\n').map((line) => line.split('│').slice(1, -1));
  return HEAD.map((_, column) => lines.map((cells) => (cells[column] ?? '').trim()).join(''));
};

describe('a table', () => {
  test.for([75, 80, 100, 200])('fits %d columns, and loses no letter', (width) => {
    const text = tableText(HEAD, ROWS, width);
    expect(widest(text)).toBeLessThanOrEqual(width);
    expect(columnsOf(text)).toEqual(HEAD.map((title, column) => [title, ...ROWS.map((row) => row[column])].join('')));
  });

  test('is as wide as its cells where nothing limits it', () => {
    expect(widest(tableText(HEAD, ROWS))).toBeGreaterThan(110);
  });

  test('is wrapped at words where it is too wide', () => {
    expect(tableText(['a', 'what is done'], [['one', 'the log is cut while a claim is in flight']], 78)).toBe(
      [
        '┌─────┬───────────────────────────────────────────┐',
        '│ a   │ what is done                              │',
        '├─────┼───────────────────────────────────────────┤',
        '│ one │ the log is cut while a claim is in flight │',
        '└─────┴───────────────────────────────────────────┘',
      ].join('\n'),
    );
    const prose = 'the log is cut while a claim is in flight, and the answer to it is lost on its way back';
    const text = tableText(['name', 'what is done', 'n'], [['one', prose, '1,234']], 72);
    expect(widest(text)).toBeLessThanOrEqual(72);
    expect(text.split('\n').slice(3, -1)).toEqual([
      '│ one  │ the log is cut while a claim is in flight, and the │ 1,234 │',
      '│      │ answer to it is lost on its way back               │       │',
    ]);
  });

  test('becomes a block per row where it would be a few letters wide', () => {
    expect(tableText(HEAD, ROWS.slice(1), 60)).toBe(
      [
        'setting: FRAUD_REGION_POINTS',
        '  value:',
        `    ${ROWS[1]![1]}`,
        '  from: default',
        '',
        'setting: CHECKPOINT_LOCATION',
        '  value: ./checkpoint',
        '  from: default',
      ].join('\n'),
    );
  });

  test('that fits is a table, however narrow the terminal', () => {
    expect(tableText(['kind', 'records'], [['accepted', '12']], 40)).toContain('│ accepted │      12 │');
  });
});

describe('words', () => {
  test('are never cut, and those of a command in backticks stay together', () => {
    expect(wrapWords('make them with `provenonce schema apply --dry-run` first', 20)).toEqual([
      'make them with',
      '`provenonce schema apply --dry-run`',
      'first',
    ]);
  });

  test('are cut where a cell has no other way, after a comma rather than anywhere', () => {
    expect(wrapWords('eu-west=0,us-east=10', 12, { breaksWords: true })).toEqual(['eu-west=0,', 'us-east=10']);
    expect(wrapWords('x'.repeat(10), 4, { breaksWords: true })).toEqual(['xxxx', 'xxxx', 'xx']);
  });

  test('of a line that is too long continue under where it began', () => {
    expect(wrapText('  - one two three\nas  it is\n', 12)).toBe('  - one two\n    three\nas  it is\n');
    expect(wrapText('one two three', 8)).toBe('one two\n  three');
  });

  test('keep the spaces between them: columns of a line that is wrapped stay where they were', () => {
    expect(wrapText('ok       Node          24.21.0 and more', 32)).toBe('ok       Node          24.21.0\n  and more');
  });

  test('are counted as a terminal shows them', () => {
    expect([cellsOf('abc'), cellsOf('漢字'), cellsOf('e\u0301')]).toEqual([3, 4, 1]);
  });
});
