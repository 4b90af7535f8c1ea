import { expect, test } from 'vitest';
import type { ProcessorEvent } from '../processor/events.ts';
import type { RejectionsOf } from '../processor/rejections.ts';
import { eventText } from './event-text.ts';
import { LOOKED_BACK_OVER, rejectionReporter, WARN_AGAIN_AFTER_MS } from './rejections.ts';

const NONE = { consumed: 0, accepted: 0, duplicates: 0, late: 0, rejected: 0 };

/** A reporter on a clock that the test moves, and partition 0 taken over. */
function reporting() {
  let nowMs = 0;
  const told: ProcessorEvent[] = [];
  const reporter = rejectionReporter({ monotonicMs: () => nowMs }, { emit: (event) => told.push(event) });
  const counters = { ...NONE };
  reporter.emit({ type: 'takeover.running', partition: 0, epoch: 1, tookMs: 1, counters: { ...NONE } });
  const fold = (accepted: number, reasons: Readonly<Record<string, number>> = {}): void => {
    const rejections: RejectionsOf[] = Object.entries(reasons).map(([reason, count]) => {
      const [code] = reason.split(':');
      return { code: code!, count, partition: 0, offset: counters.consumed, reason };
    });
    const rejected = rejections.reduce((sum, { count }) => sum + count, 0);
    counters.accepted += accepted;
    counters.rejected += rejected;
    counters.consumed += accepted + rejected;
    reporter.emit({
      type: 'batch.folded',
      partition: 0,
      records: accepted + rejected,
      bytes: 1,
      counters: { ...counters },
      watermarkMs: 0,
      nextOffset: counters.consumed,
      endOffset: counters.consumed,
      rejections,
    });
  };
  const pass = (ms: number): void => {
    nowMs += ms;
  };
  const end = (): void => {
    reporter.emit({ type: 'processor.stopping', why: 'caught up' });
    reporter.emit({ type: 'processor.stopped', exitCode: 0, why: 'caught up' });
  };
  const warnings = () => told.filter(({ type }) => type === 'records.rejected').map(eventText);
  return { fold, pass, end, warnings, last: () => eventText(told.at(-1)!), reporter };
}

test('warns when most of the last records were rejected, with reasons, shares and an example of each', () => {
  const { fold, warnings } = reporting();
  fold(100, { 'field_missing: amount': 890, 'not_json: byte 3': 10 });
  expect(warnings()).toEqual([
    '900 of the last 1000 records were rejected (90 %): ' +
      'field_missing 890 (89 %), first at partition 0, offset 0 (field_missing: amount); ' +
      'not_json 10 (1 %), first at partition 0, offset 0 (not_json: byte 3). They are rows of payment_exceptions, ' +
      'and no payments. `provenonce rules check FILE --from-topic`, with your rules file if there is one, shows what they become',
  ]);
});

test('does not warn while half of them or fewer are rejected', () => {
  const { fold, end, warnings } = reporting();
  fold(LOOKED_BACK_OVER / 2, { not_json: LOOKED_BACK_OVER / 2 });
  end();
  expect(warnings()).toEqual([]);
});

test('looks back over the last thousand records: what was rejected before them does not count', () => {
  const { fold, pass, warnings } = reporting();
  fold(0, { not_json: 5_000 });
  expect(warnings()).toHaveLength(1);
  pass(WARN_AGAIN_AFTER_MS);
  fold(999, { not_json: 1 });
  expect(warnings()).toHaveLength(1);
});

test('warns once a minute at most', () => {
  const { fold, pass, warnings } = reporting();
  fold(0, { not_json: 1_000 });
  pass(WARN_AGAIN_AFTER_MS - 1);
  fold(0, { not_json: 1_000 });
  expect(warnings()).toHaveLength(1);
  pass(1);
  fold(0, { not_json: 1_000 });
  expect(warnings()).toHaveLength(2);
});

test('few records are reported when nothing follows, and at the end', () => {
  const { fold, end, warnings, last } = reporting();
  fold(0, { 'field_missing: transaction_id': 5 });
  expect(warnings()).toEqual([]);
  end();
  expect(warnings()[0]).toContain('5 of the last 5 records were rejected (100 %): field_missing 5 (100 %)');
  expect(last()).toBe('accepted 0 of 5 (rejected 5: field_missing 5)');
});

test('records that are not payments are counted apart, and warn of nothing', () => {
  const { fold, end, warnings, last } = reporting();
  fold(10, { not_a_payment: 2_000, not_json: 4 });
  end();
  expect(warnings()).toEqual([]);
  expect(last()).toBe('accepted 10 of 2014 (not a payment 2000, rejected 4: not_json 4)');
});

test('among records that are not payments most of the others may be rejected', () => {
  const { fold, warnings } = reporting();
  fold(0, { not_a_payment: 1_900, not_json: 100 });
  expect(warnings()[0]).toContain('100 of the last 100 records were rejected (100 %): not_json 100 (100 %)');
});

test('the summary counts what this process folded, and not what the partition had before', () => {
  const { fold, end, last, reporter } = reporting();
  const before = { consumed: 70, accepted: 60, duplicates: 7, late: 2, rejected: 1 };
  reporter.emit({ type: 'takeover.running', partition: 4, epoch: 2, tookMs: 1, counters: before });
  const counters = { consumed: 73, accepted: 61, duplicates: 8, late: 3, rejected: 1 };
  reporter.emit({
    type: 'batch.folded',
    partition: 4,
    records: 3,
    bytes: 1,
    counters,
    watermarkMs: 0,
    nextOffset: 73,
    endOffset: 73,
  });
  fold(2);
  end();
  expect(last()).toBe('accepted 3 of 5 (duplicate 1, late 1)');
});
