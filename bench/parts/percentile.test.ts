import { expect, it } from 'vitest';
import { latencySummary, percentilesOf } from './percentile.ts';

it('takes the smallest value that the given percentage does not exceed', () => {
  const values = () => Float64Array.from({ length: 200 }, (_, index) => 200 - index);
  expect(percentilesOf(values(), [0, 50, 99, 100])).toEqual([1, 100, 198, 200]);
  expect(percentilesOf(Float64Array.of(7), [1, 99])).toEqual([7, 7]);
  expect(() => percentilesOf(new Float64Array(), [50])).toThrow('no values');
});

it('tells latencies in whole ms', () => {
  expect(latencySummary([1.4, 2.6, 300])).toEqual({ p50: 3, p90: 300, p99: 300, max: 300, records: 3 });
});
