import { expect, test } from 'vitest';
import { parseMetrics } from './parse-metrics.ts';

test('series with and without labels become numbers; buckets, comments and what is no number are left out', () => {
  const page = [
    '# HELP lag how far',
    '# TYPE lag gauge',
    'lag{partition="0",topic="a b"} 12',
    'up 1',
    'wait_seconds_bucket{le="0.1"} 4',
    'wait_seconds_sum 0.25',
    'age NaN',
    '',
  ].join('\n');
  expect(parseMetrics(page)).toEqual({ 'lag{partition="0",topic="a b"}': 12, up: 1, wait_seconds_sum: 0.25 });
});
