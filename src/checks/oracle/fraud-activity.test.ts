/** A sender's activity against a plain count, for senders with few payments and with many, and after old ones were forgotten. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SenderActivity } from './fraud-activity.ts';

const SPAN_MS = 300;
const payment = fc.record({
  sender: fc.constantFrom('hot', 'hot', 'hot', 'hot', 'cold'),
  stepMs: fc.integer({ min: -200, max: 60 }),
  device: fc.integer({ min: 0, max: 12 }).map((number) => `device-${number}`),
  isForgetting: fc.boolean(),
});

test('what counts is every payment of the span before, also with many payments and after old ones were forgotten', () => {
  fc.assert(
    fc.property(fc.array(payment, { minLength: 1, maxLength: 300 }), (payments) => {
      const activity = new SenderActivity(SPAN_MS);
      const all: { sender: string; timeMs: number; device: string }[] = [];
      let latestMs = 10_000;
      for (const { sender, stepMs, device, isForgetting } of payments) {
        const timeMs = latestMs + stepMs;
        latestMs = Math.max(latestMs, timeMs);
        activity.add(sender, timeMs, device);
        all.push({ sender, timeMs, device });
        const counted = all.filter(
          (each) => each.sender === sender && each.timeMs > timeMs - SPAN_MS && each.timeMs <= timeMs,
        );
        const devices = new Set(counted.map((each) => each.device)).size;
        expect(activity.within(sender, timeMs)).toEqual({ count: counted.length, devices });
        // No payment comes that is more than 200 ms older than the latest.
        if (isForgetting) activity.forgetBefore(latestMs - 200);
      }
    }),
  );
});
