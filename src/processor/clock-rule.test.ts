import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_DECISION_SETTINGS } from '../payments/settings.ts';
import { event, foldAll, record, START_MS, settings } from '../payments/testing/fold-fixture.ts';
import { checkClock, clockConditions, keepsClockRule } from './clock-rule.ts';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const topic = (timestampAfterMaxMs: number, logAppendTime = false) => ({
  topic: 'payment-events',
  logAppendTime,
  timestampAfterMaxMs,
  bootstrapServers: 'kafka-1:9092,kafka-2:9092',
});
const RULES = DEFAULT_DECISION_SETTINGS;

function messageOf(facts: ReturnType<typeof topic>, rules = RULES): string {
  try {
    checkClock(facts, rules, false);
    return 'accepted';
  } catch (error) {
    return String(error);
  }
}

describe('a topic is refused where one fast clock could make good payments late', () => {
  it.each([
    ['an hour ahead, which is the default of Kafka 4', topic(HOUR_MS), false],
    ['no bound', topic(Number.POSITIVE_INFINITY), false],
    ['one ms over half of the delay', topic(25 * MINUTE_MS + 1), false],
    ['half of the delay', topic(25 * MINUTE_MS), true],
    ["the broker's clock", topic(Number.POSITIVE_INFINITY, true), true],
  ])('%s', (_, facts, holds) => {
    expect(messageOf(facts) === 'accepted').toBe(holds);
  });

  it("the broker's clock does not bound ALLOWED_SKEW", () => {
    const rules = { ...RULES, allowedSkewMs: 30 * MINUTE_MS + 1 };
    expect(messageOf(topic(0, true), rules)).toMatch(
      /^ContradictionError: .*set WATERMARK_DELAY to 3600002ms or more, or ALLOWED_SKEW to 30m or less/,
    );
  });

  it('a delay that is too short for any clock is to be raised: no bound is advised that good producers would not keep', () => {
    const text = messageOf(topic(HOUR_MS), { ...RULES, watermarkDelayMs: 10 * MINUTE_MS });
    expect(text).not.toContain('max.ms=');
    expect(text).toContain('set WATERMARK_DELAY to 12m or more, or ALLOWED_SKEW to 4m or less');
  });

  it('the error has the command that mends the topic, whole', () => {
    const alter =
      'kafka-configs.sh --bootstrap-server kafka-1:9092,kafka-2:9092 --alter --entity-type topics --entity-name payment-events --add-config';
    const text = messageOf(topic(HOUR_MS));
    expect(text).toContain(`Run: ${alter} message.timestamp.after.max.ms=1500000 (`);
    expect(text).toContain(`${alter} message.timestamp.type=LogAppendTime`);
    expect(text).toContain('ACCEPT_CLOCK_RISK=true');
    expect(text).toContain(
      'message.timestamp.after.max.ms (1h) and ALLOWED_SKEW (5m) together must not be over half of WATERMARK_DELAY (1h).',
    );
    expect(messageOf(topic(Number.POSITIVE_INFINITY))).toContain('max.ms (without a bound) and');
    expect(messageOf(topic(1_500_000))).toBe('accepted');
  });

  it('unless its risk is accepted; verify then has it as a condition, once for each way to decide', () => {
    expect(() => checkClock(topic(HOUR_MS), RULES, true)).not.toThrow();
    const wider = { ...RULES, watermarkDelayMs: 3 * HOUR_MS };
    expect(clockConditions(topic(HOUR_MS), [RULES, wider, RULES])).toEqual([
      expect.stringContaining('one fast clock can make good payments of others late'),
    ]);
    expect(clockConditions(topic(20 * MINUTE_MS), [RULES, wider])).toEqual([]);
  });
});

/** Whether a good payment, half of the delay old, is late after the worst record that broker and processor take. */
function isLateAfterFastClock(afterMaxMs: number, rules: { allowedSkewMs: number; watermarkDelayMs: number }): boolean {
  const { allowedSkewMs, watermarkDelayMs } = rules;
  const fast = record(0, event({ transaction_id: 'fast' }, afterMaxMs + allowedSkewMs), {
    timestampMs: START_MS + afterMaxMs,
  });
  const good = record(1, event({ transaction_id: 'good' }, -Math.ceil(watermarkDelayMs / 2)), {
    timestampMs: START_MS,
  });
  const { out } = foldAll([fast, good], settings(rules));
  expect(out.accepted[0]?.payment.transactionId).toBe('fast');
  return out.exceptions.length > 0;
}

describe('what the rule promises', () => {
  it('under it no clock makes a payment late that is at most half of the delay old; past it one does', () => {
    const span = fc.integer({ min: 0, max: 4 * HOUR_MS });
    fc.assert(
      fc.property(span, span, span, (afterMaxMs, allowedSkewMs, watermarkDelayMs) => {
        const rules = { allowedSkewMs, watermarkDelayMs };
        const holds = keepsClockRule(topic(afterMaxMs), rules);
        expect(isLateAfterFastClock(afterMaxMs, rules)).toBe(!holds);
      }),
      { numRuns: 500 },
    );
  });

  it('the settings that are advised keep it, those of before did not', () => {
    expect(isLateAfterFastClock(20 * MINUTE_MS, RULES)).toBe(false);
    expect(isLateAfterFastClock(HOUR_MS - 10_000, RULES)).toBe(true);
  });
});
