import { expect, it } from 'vitest';
import { segmentKey, windowKey } from './keys.ts';
import { LiveBytes } from './live-bytes.ts';

const MINUTE_MS = 60_000;
const window = (minute: number, region = 'eu-west') =>
  windowKey({ windowStartMs: minute * MINUTE_MS, region, currency: 'EUR' });

it('what is below its limit is dropped, each family by its own; what is at it stays', () => {
  const live = new LiveBytes();
  for (const minute of [10, 11, 12]) {
    live.addSegment('ids', segmentKey('ids', minute), 100);
    live.addSegment('ids', segmentKey('ids', minute), 1);
    live.addSegment('activity', segmentKey('activity', minute), 1_000);
    live.addWindow(window(minute), minute, 10_000);
  }
  expect(live.total).toBe(3 * 11_101);
  live.dropBelow({ idsMs: 11 * MINUTE_MS, activityMs: 12 * MINUTE_MS, windowsMs: 12 * MINUTE_MS });
  expect(live.total).toBe(2 * 101 + 1_000 + 10_000);
  live.dropBelow({ idsMs: 11 * MINUTE_MS + 1, activityMs: 12 * MINUTE_MS, windowsMs: 12 * MINUTE_MS });
  expect(live.total).toBe(2 * 101 + 1_000 + 10_000);
  live.dropBelow({ idsMs: 13 * MINUTE_MS, activityMs: 13 * MINUTE_MS, windowsMs: 13 * MINUTE_MS });
  expect(live.total).toBe(0);
});

it('of a window that was written twice the later entry alone is live', () => {
  const live = new LiveBytes();
  live.addWindow(window(5), 0, 70);
  live.addWindow(window(5, 'us'), 70, 80);
  live.addWindow(window(5), 150, 90);
  expect(live.total).toBe(80 + 90);
  expect([live.isLatestWindow(window(5), 0), live.isLatestWindow(window(5), 150)]).toEqual([false, true]);
});
