import { describe, expect, it } from 'vitest';
import { EXPLAINED } from './explained.ts';
import type { MutantResult } from './results-file.ts';
import { figures, figuresRow, sampleMarkdown, survivorRow, wilson } from './sample-report.ts';

const base = {
  file: 'src/local-state/journal.ts',
  line: 7,
  within: 'f',
  operator: 'logic-swapped',
  before: '||',
  after: '&&',
  tried: 3,
  ms: 5,
} as const;
const results: MutantResult[] = [
  { ...base, id: 'a', room: 'local-state', verdict: 'killed', by: 'unit', how: 'failed' },
  { ...base, id: 'b', room: 'local-state', verdict: 'killed', by: 'property', how: 'failed' },
  { ...base, id: 'c', room: 'local-state', verdict: 'killed', by: 'simulation', how: 'timeout' },
  { ...base, id: 'd', room: 'local-state', verdict: 'survived' },
  { ...base, id: 'e', room: 'local-state', verdict: 'survived' },
  { ...base, id: 'f', room: 'checks', verdict: 'survived' },
];
const explained = [{ id: 'd', as: 'equivalent', why: 'both are the same there' }] as const;

describe('the interval of Wilson', () => {
  it.each([
    [0, 10, 0, 0.2775],
    [5, 10, 0.2366, 0.7634],
    [81, 263, 0.2553, 0.3662],
    [10, 10, 0.7225, 1],
    [0, 0, 0, 1],
  ])('%i of %i', (hits, of, low, high) => {
    expect(wilson(hits, of)[0]).toBeCloseTo(low, 4);
    expect(wilson(hits, of)[1]).toBeCloseTo(high, 4);
  });
});

describe('the figures', () => {
  it('count by room and by what killed, and leave the equivalent out of the share', () => {
    expect(figures(results, explained)).toMatchObject([
      {
        room: 'local-state',
        drawn: 5,
        unit: 1,
        property: 1,
        simulation: 1,
        notByAFailure: 1,
        survived: 2,
        equivalent: 1,
        killedShare: 0.75,
      },
      { room: 'checks', drawn: 1, survived: 1, equivalent: 0, killedShare: 0 },
      { room: 'all', drawn: 6, survived: 3, equivalent: 1, killedShare: 0.6 },
    ]);
    expect(figuresRow(figures(results, explained)[0]!).slice(-2)).toEqual(['75.0 %', '30.1 % to 95.4 %']);
  });

  it('tell a survivor that nobody has looked at from one that is explained', () => {
    expect(survivorRow(results[3]!, explained)).toEqual([
      ...['d', 'local-state/journal.ts:7', 'logic-swapped', '||', '&&'],
      'equivalent: both are the same there',
    ]);
    expect(survivorRow(results[4]!, explained).at(-1)).toBe('open');
    expect(sampleMarkdown(results, explained)).toContain(
      '| e | local-state/journal.ts:7 | logic-swapped | `\\|\\|` | `&&` | open |',
    );
  });
});

describe('what is explained', () => {
  it('is listed once each, with a reason', () => {
    expect(new Set(EXPLAINED.map(({ id }) => id)).size).toBe(EXPLAINED.length);
    expect(EXPLAINED.filter(({ why }) => why.length < 10)).toEqual([]);
  });
});
