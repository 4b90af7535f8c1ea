/** Rejected records judged again: by the rules of now, from the record that the row is of, and only where a copy would be late. */
import { describe, expect, test } from 'vitest';
import { formatHash, hashBytes } from '../../payments/event/hash.ts';
import { compileSettings, DEFAULT_DECISION_SETTINGS } from '../../payments/settings.ts';
import { event, record } from '../../payments/testing/fold-fixture.ts';
import { rules } from '../../payments/testing/rules-fixture.ts';
import type { LogRecord, SettingsEntry } from '../../payments/types.ts';
import type { Ownership } from '../../processor/ports.ts';
import { checkpoint, FIXED, NOON_MS, settings } from '../../sinks/bigquery/testing/sample-rows.ts';
import { backfillText } from './backfill-text.ts';
import { isSelected, lateFromMs } from './rejected-choice.ts';
import { RejectedRecords } from './rejected-records.ts';

const PLACE = { partition: 3, partitionCount: 4, minEventTimeMs: 0 };
const BY_RULES = compileSettings(DEFAULT_DECISION_SETTINGS, 3, rules({ key: 'any' }));

function reading(records: readonly LogRecord[], late = Number.POSITIVE_INFINITY) {
  const asked: number[] = [];
  let closed = 0;
  async function* recordsFrom(_: number, fromOffset: number) {
    asked.push(fromOffset);
    try {
      const left = records.filter(({ offset }) => offset >= fromOffset);
      for (let at = 0; at < left.length; at += 2) yield left.slice(at, at + 2);
    } finally {
      closed += 1;
    }
  }
  const judging = new RejectedRecords({
    place: PLACE,
    settings: BY_RULES,
    lateFromMs: late,
    recordsFrom,
    mayAsk: true,
  });
  const judge = (offset: number, payloadHash?: string) => {
    const value = records.find((one) => one.offset === offset)?.value;
    const { high, low } = hashBytes(value ?? Buffer.alloc(0));
    const hash = payloadHash ?? formatHash(high, low);
    return judging.judge({ partition: 3, offset, reason: 'key_not_sender', payloadHash: hash });
  };
  return { judge, judging, asked, closedCount: () => closed };
}

const good = (offset: number): LogRecord => record(offset, event({ transaction_id: `t-${offset}` }));
const bad = (offset: number): LogRecord => record(offset, event({ currency: 'euro' }));

describe('a rejected record', () => {
  test('that is a payment by the rules of now may be added, and its former reason is known', async () => {
    const { judge, judging, asked, closedCount } = reading([good(4), good(5), bad(6), good(9), good(10), good(11)]);
    expect(await judge(5)).toMatchObject({
      partition: 3,
      offset: 5,
      was: 'key_not_sender',
      payment: { transactionId: 't-5' },
    });
    expect(await judge(6)).toMatchObject({ why: 'rejected', detail: 'field_invalid: currency' });
    expect(await judge(10)).toMatchObject({ payment: { transactionId: 't-10' } });
    expect(asked).toEqual([5]);
    await judging.close();
    expect(closedCount()).toBe(1);
  });

  test('that the topic no longer has, or has another one of, is left out', async () => {
    const { judge } = reading([good(4), good(9)]);
    expect(await judge(3)).toMatchObject({ why: 'gone' });
    expect(await judge(4, '0'.repeat(16))).toMatchObject({ why: 'unreadable' });
    expect(await judge(8)).toMatchObject({ why: 'gone' });
    expect(await judge(9)).toMatchObject({ payment: { transactionId: 't-9' } });
    expect(await judge(12)).toMatchObject({ why: 'gone' });
  });

  test('whose copy could still be accepted is too early', async () => {
    const at = (await reading([good(4)]).judge(4)) as { payment: { eventTimeMs: number } };
    const { eventTimeMs } = at.payment;
    expect(await reading([good(4)], eventTimeMs).judge(4)).toMatchObject({ why: 'too_early', transactionId: 't-4' });
    expect(await reading([good(4)], eventTimeMs + 1).judge(4)).toMatchObject({ payment: { eventTimeMs } });
  });
});

describe('copies are late', () => {
  const owned = (partition: number, history: readonly SettingsEntry[] = [settings(0)]): Ownership =>
    ({ topic: 'payments', partition, partitionCount: 2, fixed: FIXED, history }) as Ownership;
  const watermarks = new Map([
    [0, NOON_MS],
    [1, NOON_MS - 5_000],
  ]);
  const sink = {
    latestCheckpoint: async (_: string, partition: number) => {
      const watermarkMs = watermarks.get(partition);
      return watermarkMs === undefined ? undefined : checkpoint(9, { partition, watermarkMs });
    },
  };

  test('below the watermark of their partition, or never without a checkpoint', async () => {
    expect(await lateFromMs(owned(0), [owned(0), owned(1)], sink)).toBe(NOON_MS);
    expect(await lateFromMs(owned(7), [owned(7)], sink)).toBe(FIXED.minEventTimeMs);
  });

  test('below the watermark and the floor of every partition, once the topic was rescaled', async () => {
    const generation = (floorMs: number) => [{ ...settings(0), generation: { partitions: 3, floorMs, sources: [] } }];
    const all = (floorMs: number) => [0, 1, 2].map((partition) => owned(partition, generation(floorMs)));
    expect(await lateFromMs(all(NOON_MS - 9_000)[0]!, all(NOON_MS - 9_000), sink)).toBe(NOON_MS - 9_000);
    expect(await lateFromMs(all(NOON_MS - 1_000)[0]!, all(NOON_MS - 1_000), sink)).toBe(NOON_MS - 1_000);
  });
});

test('a selection names payments; what is no payment is listed where no time or id is selected', async () => {
  const { judge } = reading([good(4), bad(5)]);
  const [payment, rejected] = [await judge(4), await judge(5)];
  const { eventTimeMs } = (payment as { payment: { eventTimeMs: number } }).payment;
  const selected = (selection: object) => [payment, rejected].map((judged) => isSelected(judged, selection));
  expect(selected({})).toEqual([true, true]);
  expect(selected({ fromEventTimeMs: eventTimeMs })).toEqual([true, false]);
  expect(selected({ fromEventTimeMs: eventTimeMs + 1 })).toEqual([false, false]);
  expect(selected({ beforeEventTimeMs: eventTimeMs })).toEqual([false, false]);
  expect(selected({ transactionIds: ['t-4'] })).toEqual([true, false]);
  expect(selected({ transactionIds: ['other'] })).toEqual([false, false]);
});

test('the report has a table of what each record becomes, sums by currency, and why others were left out', () => {
  const text = backfillText({
    dryRun: true,
    of: 'rejected',
    looked: 4,
    added: 1,
    sums: { EUR: { count: 1, amount: '10.5' } },
    leftOut: { present: 0, rejected: 2, too_early: 1 },
    notCheckpointed: 1,
    unfinished: false,
    addedRecords: [
      { partition: 0, offset: 7, transactionId: 't-7', was: 'field_missing: amount', amount: '10.5', currency: 'EUR' },
    ],
    leftOutRecords: [{ partition: 0, offset: 8, transactionId: null, why: 'rejected', detail: 'not_json' }],
  });
  expect(text).toContain('4 rejected records below the checkpoints\n1 would be added: EUR 10.5 in 1\n');
  expect(text).toMatch(/record .* was .* becomes .* amount .* currency/);
  expect(text).toMatch(/0:7 .* field_missing: amount .* t-7 .* 10\.5 .* EUR/);
  expect(text).toContain('2 are rejected by the rules of now too: left out');
  expect(text).toContain('partition 0, offset 8: no id: rejected, not_json');
  expect(text).toContain('1 are not below a checkpoint yet');
});
