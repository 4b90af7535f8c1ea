import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KNOWN_INDEX_KEY } from '../../base/memory/slot-hash.ts';
import { TextKey } from '../../base/memory/text-key.ts';
import { SenderActivity, TIMELINE_FROM_ENTRIES } from './activity.ts';
import type { ActivityEntry } from './digest.ts';
import { MINUTE_MS } from './liveness.ts';
import { PaymentRows } from './payment-rows.ts';
import { RankSet, TREE_FROM_MARKS } from './rank-set.ts';
import { SenderTimeline } from './sender-timeline.ts';

const SPAN_MS = 300_000;

function entry(offset: number, eventTimeMs: number, deviceId = 'd', senderAccountId = 's'): ActivityEntry {
  return { offset, eventTimeMs, deviceId, senderAccountId, hashHigh: 1, hashLow: 2 };
}

function record(activity: SenderActivity, { offset, eventTimeMs, hashHigh, hashLow, ...texts }: ActivityEntry) {
  const sender = new TextKey().setText(texts.senderAccountId);
  return activity.record(sender, new TextKey().setText(texts.deviceId), offset, eventTimeMs, hashHigh, hashLow);
}

/** Device 0 is none. */
function deviceOf(device: number): string {
  return device === 0 ? '' : `d${device}`;
}

/** The definition, read word by word. */
function countByDefinition(entries: readonly ActivityEntry[], last: ActivityEntry, spanMs: number): object {
  const seen = entries.filter(
    (one) =>
      one.senderAccountId === last.senderAccountId &&
      one.eventTimeMs > last.eventTimeMs - spanMs &&
      one.eventTimeMs <= last.eventTimeMs,
  );
  return { payments: seen.length, devices: new Set(seen.map((one) => one.deviceId).filter((id) => id !== '')).size };
}

describe('sender activity', () => {
  it('counts this payment, and those in (t - span, t], both ends as defined', () => {
    const activity = new SenderActivity(SPAN_MS, new PaymentRows(), KNOWN_INDEX_KEY);
    expect(record(activity, entry(0, 0))).toEqual({ payments: 1, devices: 1 });
    expect(record(activity, entry(1, SPAN_MS - 1))).toEqual({ payments: 2, devices: 1 });
    expect(record(activity, entry(2, SPAN_MS, 'e'))).toEqual({ payments: 2, devices: 2 });
    expect(record(activity, entry(3, 0, 'f'))).toEqual({ payments: 2, devices: 2 });
    expect(record(activity, entry(4, SPAN_MS, 'd', 'other'))).toEqual({ payments: 1, devices: 1 });
  });

  it('counts a payment without a device as a payment only', () => {
    const activity = new SenderActivity(SPAN_MS, new PaymentRows(), KNOWN_INDEX_KEY);
    expect(record(activity, entry(0, 0, ''))).toEqual({ payments: 1, devices: 0 });
    expect(record(activity, entry(1, 1, 'd'))).toEqual({ payments: 2, devices: 1 });
    expect(record(activity, entry(2, 2, ''))).toEqual({ payments: 3, devices: 1 });
    expect([...activity.entries()].map(({ deviceId }) => deviceId)).toEqual(['', 'd', '']);
    activity.evictBelow(MINUTE_MS);
    expect([activity.size, activity.senderCount]).toEqual([0, 0]);
  });

  const spans = fc.constantFrom(1, 1_000, 59_999, 60_000, 150_000, SPAN_MS);
  const payments = fc.array(
    fc.record({
      // Multiples of 10 s beside odd ones, so that ends of spans and minutes meet.
      time: fc.oneof(
        fc.nat({ max: 90 }).map((step) => step * 10_000),
        fc.nat({ max: 900_000 }),
      ),
      device: fc.nat({ max: 5 }),
    }),
    { minLength: 1, maxLength: 4 * TIMELINE_FROM_ENTRIES },
  );

  it('agrees with the definition in any order, past the change to a timeline', () => {
    fc.assert(
      fc.property(spans, payments, (spanMs, drawn) => {
        const activity = new SenderActivity(spanMs, new PaymentRows(), KNOWN_INDEX_KEY);
        const entries: ActivityEntry[] = [];
        for (const { time, device } of drawn) {
          const next = entry(entries.length, time, deviceOf(device));
          entries.push(next);
          expect(record(activity, next)).toEqual(countByDefinition(entries, next, spanMs));
        }
      }),
      { numRuns: 150 },
    );
  });

  it('agrees with the definition while old minutes are dropped behind the watermark', () => {
    const step = fc.record({
      ahead: fc.nat({ max: 400_000 }),
      move: fc.nat({ max: 30_000 }),
      device: fc.nat({ max: 120 }),
    });
    fc.assert(
      fc.property(spans, fc.array(step, { minLength: 100, maxLength: 400 }), (spanMs, steps) => {
        const activity = new SenderActivity(spanMs, new PaymentRows(), KNOWN_INDEX_KEY);
        const entries: ActivityEntry[] = [];
        let watermarkMs = 0;
        for (const { ahead, move, device } of steps) {
          watermarkMs += move;
          activity.evictBelow(Math.floor((watermarkMs - spanMs) / MINUTE_MS) * MINUTE_MS);
          const next = entry(entries.length, watermarkMs + ahead, deviceOf(device));
          entries.push(next);
          expect(record(activity, next)).toEqual(countByDefinition(entries, next, spanMs));
        }
        const liveFromMs = Math.floor((watermarkMs - spanMs) / MINUTE_MS) * MINUTE_MS;
        expect(activity.size).toBe(entries.filter((one) => one.eventTimeMs >= liveFromMs).length);
      }),
      { numRuns: 60 },
    );
  });

  it('forgets senders with their last payment', () => {
    const activity = new SenderActivity(SPAN_MS, new PaymentRows(), KNOWN_INDEX_KEY);
    for (let index = 0; index < 200; index += 1) record(activity, entry(index, index * 1_000, 'd', `s${index % 100}`));
    activity.evictBelow(10 * MINUTE_MS);
    expect([activity.size, activity.senderCount, activity.lanes.toHex()]).toEqual([0, 0, '0'.repeat(32)]);
  });

  it('looks at each payment of a hot account a bounded number of times', () => {
    const activity = new SenderActivity(SPAN_MS, new PaymentRows(), KNOWN_INDEX_KEY);
    const count = 30_000;
    for (let index = 0; index < count; index += 1) {
      // 1,000 a second, up to an hour out of order, a new device every other time.
      const timeMs = ((index * 7_919) % 3_600_000) + index;
      record(activity, entry(index, timeMs, `d${index % (count / 2)}`));
    }
    expect(activity.looks).toBeGreaterThan(0);
    expect(activity.looks).toBeLessThan(20 * count);
  });
});

describe('timeline of a busy sender', () => {
  it('forgets devices that no later payment can see', () => {
    const timeline = new SenderTimeline(SPAN_MS);
    for (let minute = 0; minute < 1_000; minute += 1) {
      timeline.evictBelow(minute * MINUTE_MS - SPAN_MS);
      for (let index = 0; index < 20; index += 1) timeline.add(minute * MINUTE_MS + index, `d${minute}-${index}`);
    }
    // About 11 minutes of devices have unions that reach past the horizon of eviction.
    expect(timeline.deviceCount).toBeLessThan(2 * 11 * 20 + 64);
    expect(timeline.devicesAt(999 * MINUTE_MS + 19)).toBe(5 * 20);
  });

  it('keeps a device that a payment at the watermark can still see', () => {
    const timeline = new SenderTimeline(SPAN_MS);
    timeline.add(600_000, 'old');
    timeline.evictBelow(840_000 - SPAN_MS);
    for (let index = 0; index < 200; index += 1) timeline.add(840_000 + index, `d${index}`);
    timeline.add(840_300, 'old');
    expect(timeline.devicesAt(840_300)).toBe(201);
  });

  it('counts a device once, however its payments overlap or touch', () => {
    const timeline = new SenderTimeline(100);
    for (const timeMs of [1_000, 1_100, 1_250, 1_150, 1_050]) timeline.add(timeMs, 'd');
    const seen = [999, 1_000, 1_099, 1_100, 1_249, 1_349, 1_350].map((timeMs) => timeline.devicesAt(timeMs));
    expect(seen).toEqual([0, 1, 1, 1, 1, 1, 0]);
  });
});

describe('marks of a minute', () => {
  it('rank alike as a list and as a tree', () => {
    const marks = new RankSet();
    const added: number[] = [];
    for (let index = 0; index < 2 * TREE_FROM_MARKS; index += 1) {
      const atMs = (index * 7_919) % MINUTE_MS;
      marks.add(atMs);
      added.push(atMs);
      if (index % 97 !== 0) continue;
      for (const probe of [0, atMs - 1, atMs, 30_000, MINUTE_MS - 1]) {
        if (probe >= 0) expect(marks.rank(probe)).toBe(added.filter((mark) => mark <= probe).length);
      }
    }
    expect(marks.size).toBe(2 * TREE_FROM_MARKS);
  });
});
