import { expect, it } from 'vitest';
import { EntryBatch } from './entry-batch.ts';
import { HEAD_KEY, segmentKey, windowName } from './keys.ts';
import { LiveBytes } from './live-bytes.ts';

const MINUTE_MS = 60_000;
const window = (minute: number, region = 'eu-west') =>
  windowName({ windowStartMs: minute * MINUTE_MS, region, currency: 'EUR' });

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

it('entries of a batch count by what they are, windows by their place in the journal, and heads not at all', () => {
  const batch = new EntryBatch(7);
  const put = (key: Buffer): void => batch.put(key, 8, () => {});
  put(segmentKey('ids', 10));
  put(segmentKey('activity', 11));
  put(window(12));
  const headAt = batch.bytes.length;
  put(HEAD_KEY);
  const live = new LiveBytes();
  live.add(batch, 1_000);
  expect(live.total).toBe(headAt);
  expect(live.isLatestWindow(window(12), 1_000 + batch.placed[2]!.at)).toBe(true);
  live.dropBelow({ idsMs: 11 * MINUTE_MS, activityMs: 12 * MINUTE_MS, windowsMs: 12 * MINUTE_MS });
  expect(live.total).toBe(batch.placed[2]!.byteLength);
});

it('of a window that was written twice the later entry alone is live', () => {
  const live = new LiveBytes();
  live.addWindow(window(5), 0, 70);
  live.addWindow(window(5, 'us'), 70, 80);
  live.addWindow(window(5), 150, 90);
  expect(live.total).toBe(80 + 90);
  expect([live.isLatestWindow(window(5), 0), live.isLatestWindow(window(5), 150)]).toEqual([false, true]);
});
