import { expect, test } from 'vitest';
import { ignoredSettings } from './fixed-settings.ts';

const DAY_MS = 86_400_000;
const NOW_MS = Date.UTC(2026, 10, 30, 12);
const seed = { idHorizonMs: 0, windowMs: 60_000, activitySpanMs: 300_000, minEventAgeMs: 3_285 * DAY_MS };
const minEventTimeMs = Math.floor((NOW_MS - 100 * DAY_MS - seed.minEventAgeMs) / DAY_MS) * DAY_MS;
const row = (partition: number, change: object = {}) => ({
  partition,
  fixed: { idHorizonMs: 0, windowMs: 60_000, activitySpanMs: 300_000, minEventTimeMs, ...change },
});

test('returns nothing if the settings are those of the start, however long ago that was', () => {
  expect(ignoredSettings(seed, [row(0), row(1)], NOW_MS)).toEqual([]);
  expect(ignoredSettings(seed, [], NOW_MS)).toEqual([]);
});

test.for([
  ['windowMs', 120_000, 'METRICS_WINDOW is 2m, but partitions 0, 1 were first seen with 1m. '],
  ['idHorizonMs', 3_600_000, 'ID_HORIZON is 1h, but partitions 0, 1 were first seen with 0ms. '],
  ['activitySpanMs', 1_500, 'ACTIVITY_SPAN is 1500ms, but partitions 0, 1 were first seen with 5m. '],
  [
    'minEventAgeMs',
    3_500 * DAY_MS,
    'MIN_EVENT_TIME_AGE is 3500d, which would accept events from 2017-05-01 on, but partitions 0, 1 were first seen with ',
  ],
] as const)('a changed %s is reported with both values', ([key, value, text]) => {
  const [said, ...more] = ignoredSettings({ ...seed, [key]: value }, [row(0), row(1)], NOW_MS);
  expect(said!.slice(0, text.length)).toBe(text);
  expect(said).toContain('stays in force');
  expect(more).toEqual([]);
});

test('partitions with different values get a line each', () => {
  const rows = [row(0), row(1, { windowMs: 120_000 }), row(2, { windowMs: 30_000 })];
  expect(ignoredSettings(seed, rows, NOW_MS).map((line) => line.split('.')[0])).toEqual([
    'METRICS_WINDOW is 1m, but partition 1 was first seen with 2m',
    'METRICS_WINDOW is 1m, but partition 2 was first seen with 30s',
  ]);
});
