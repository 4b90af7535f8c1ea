import { describe, expect, it } from 'vitest';
import { PartitionFold } from './fold.ts';
import { compileSettings, DEFAULT_DECISION_SETTINGS, resolveEntry } from './settings.ts';
import { emptyOutput, event, FIXED, foldAll, PLACE, record, START_MS, settings } from './testing/fold-fixture.ts';
import type { LogRecord } from './types.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** A valid payment with its own id, `atMs` after START_MS. */
const pay = (offset: number, id: string, atMs = 0, changes: Record<string, unknown> = {}): LogRecord =>
  record(offset, event({ transaction_id: id, ...changes }, atMs));

describe('worked example of the guide: five messages, three payments', () => {
  const { fold, out } = foldAll([pay(0, 'txn-1'), pay(1, 'txn-2'), pay(2, 'txn-1'), pay(3, 'txn-3'), pay(4, 'txn-1')]);

  it('keeps the first of each', () => {
    expect(out.accepted.map((row) => [row.kafkaOffset, row.payment.transactionId])).toEqual([
      [0, 'txn-1'],
      [1, 'txn-2'],
      [3, 'txn-3'],
    ]);
  });

  it('gives the others a row each, which says of what they are copies', () => {
    expect(out.exceptions.map((row) => [row.kafkaOffset, row.disposition, row.firstKafkaOffset, row.conflict])).toEqual(
      [
        [2, 'duplicate', 0, false],
        [4, 'duplicate', 0, false],
      ],
    );
  });

  it('counts every message once', () => {
    expect(fold.head()).toMatchObject({
      nextOffset: 5,
      counters: { consumed: 5, accepted: 3, duplicates: 2, late: 0, rejected: 0 },
    });
  });
});

describe('duplicates', () => {
  it('the same payment written differently is no conflict; a changed one is', () => {
    const { out } = foldAll([
      pay(0, 'a', 0, { amount: '1.50' }),
      pay(1, 'a', 0, { amount: 1.5 }),
      pay(2, 'a', 0, { amount: 1.6 }),
    ]);
    expect(out.exceptions.map((row) => [row.disposition, row.conflict])).toEqual([
      ['duplicate', false],
      ['duplicate', true],
    ]);
    expect(JSON.parse(out.exceptions[1]?.payload ?? '')).toEqual(event({ transaction_id: 'a', amount: '1.6' }));
    expect(out.exceptions[0]?.payloadHash).toMatch(/^[0-9a-f]{16}$/);
    expect(out.exceptions[0]?.payloadHash).not.toBe(out.exceptions[1]?.payloadHash);
  });

  it('come before late: a copy of a known payment with an old time is a duplicate', () => {
    const { out } = foldAll([pay(0, 'a', 2 * HOUR_MS), pay(1, 'a', 0)]);
    expect(out.exceptions[0]).toMatchObject({ disposition: 'duplicate', firstKafkaOffset: 0, conflict: true });
  });

  it('do not move the watermark', () => {
    const { fold } = foldAll([pay(0, 'a', 0), pay(1, 'a', 5 * HOUR_MS)]);
    expect(fold.watermarkMs).toBe(START_MS - HOUR_MS);
  });
});

describe('watermark and late payments', () => {
  it('starts at the minimum event time, follows accepted payments by the delay, never goes back', () => {
    const fold = PartitionFold.fresh({ ...PLACE, startOffset: 0 });
    expect(fold.watermarkMs).toBe(FIXED.minEventTimeMs);
    const seen = [HOUR_MS, 0, 2 * HOUR_MS].map((atMs, offset) => {
      fold.fold(pay(offset, `t${offset}`, atMs), settings(), emptyOutput());
      return fold.watermarkMs - START_MS;
    });
    expect(seen).toEqual([0, 0, HOUR_MS]);
    fold.fold(pay(3, 't3', 2 * HOUR_MS), settings({ watermarkDelayMs: 5 * HOUR_MS }), emptyOutput());
    expect(fold.watermarkMs).toBe(START_MS + HOUR_MS);
  });

  it('a payment at the watermark is accepted, one before it is late', () => {
    const { out } = foldAll([pay(0, 'a', HOUR_MS), pay(1, 'at', 0), pay(2, 'before', -1)]);
    expect(out.accepted.map((row) => row.payment.transactionId)).toEqual(['a', 'at']);
    expect(out.exceptions).toEqual([
      {
        kafkaOffset: 2,
        disposition: 'late',
        reason: null,
        transactionId: 'before',
        eventTimeMs: START_MS - 1,
        recordTimeMs: START_MS - 1,
        firstKafkaOffset: null,
        conflict: false,
        payload: JSON.stringify(event({ transaction_id: 'before', amount: '12.5' }, -1)),
        payloadHash: expect.stringMatching(/^[0-9a-f]{16}$/),
      },
    ]);
  });

  it('a future payment is rejected and leaves the watermark alone', () => {
    const future = record(1, event({ transaction_id: 'f' }, 10 * HOUR_MS), { timestampMs: START_MS });
    const { fold, out } = foldAll([pay(0, 'a'), future]);
    expect(out.exceptions[0]).toMatchObject({
      disposition: 'rejected',
      reason: 'event_time_in_future',
      transactionId: 'f',
    });
    expect(fold.watermarkMs).toBe(START_MS - HOUR_MS);
  });
});

describe('how long an id is known', () => {
  /** The copy of `a` comes when the watermark is `pastMs` past its event time. */
  const copyAt = (pastMs: number, idHorizonMs: number) => {
    const mover = pay(1, 'mover', HOUR_MS + pastMs);
    return foldAll([pay(0, 'a', 0), mover, pay(2, 'a', HOUR_MS + pastMs)], settings(), { ...FIXED, idHorizonMs }).out;
  };

  it('while its event time is not before the watermark', () => {
    expect(copyAt(0, 0).exceptions).toMatchObject([{ disposition: 'duplicate' }]);
    expect(copyAt(1, 0).exceptions).toEqual([]);
  });

  it('or not before the watermark less the horizon, to the millisecond', () => {
    expect(copyAt(90_500, 90_500).exceptions).toMatchObject([{ disposition: 'duplicate' }]);
    expect(copyAt(90_501, 90_500).exceptions).toEqual([]);
  });

  it('a copy with its original time is late once the id is forgotten', () => {
    const { out } = foldAll([pay(0, 'a', 0), pay(1, 'mover', HOUR_MS + 1), pay(2, 'a', 0)]);
    expect(out.exceptions).toMatchObject([{ disposition: 'late', transactionId: 'a' }]);
  });

  it('an id accepted again points to the newer payment', () => {
    const records = [pay(0, 'a', 0), pay(1, 'mover', HOUR_MS + 1), pay(2, 'a', HOUR_MS), pay(3, 'a', HOUR_MS)];
    const { out } = foldAll(records);
    expect(out.exceptions).toMatchObject([{ disposition: 'duplicate', firstKafkaOffset: 2 }]);
  });
});

describe('windows', () => {
  it('close by the record that moves the watermark to their end, in order of start, region and currency', () => {
    const records = [
      pay(0, 'a', MINUTE_MS, { region: '\u{1f600}' }),
      pay(1, 'b', MINUTE_MS, { region: '\ufffd', currency: 'USD' }),
      pay(2, 'c', MINUTE_MS + 59_999, { region: '\ufffd', amount: '0.000000001' }),
      pay(3, 'd', 0, { region: 'z', amount: 3 }),
      pay(4, 'e', 59_999, { region: 'z', amount: 1 }),
      pay(5, 'almost', HOUR_MS + 2 * MINUTE_MS - 1),
    ];
    const fold = PartitionFold.fresh({ ...PLACE, startOffset: 0 });
    const out = emptyOutput();
    for (const one of records) fold.fold(one, settings(), out);
    expect(out.partials.map((row) => [row.kafkaOffset, row.region])).toEqual([[5, 'z']]);
    fold.fold(pay(6, 'mover', HOUR_MS + 2 * MINUTE_MS), settings(), out);
    expect(out.partials.slice(1).map((row) => [row.kafkaOffset, row.region, row.currency])).toEqual([
      [6, '\ufffd', 'EUR'],
      [6, '\ufffd', 'USD'],
      [6, '\u{1f600}', 'EUR'],
    ]);
    expect(out.partials[0]).toEqual({
      kafkaOffset: 5,
      windowStartMs: START_MS,
      windowEndMs: START_MS + MINUTE_MS,
      region: 'z',
      currency: 'EUR',
      transactionCount: 2,
      totalAmount: 4_000_000_000n,
      minAmount: 1_000_000_000n,
      maxAmount: 3_000_000_000n,
    });
  });

  it('one that a watermark at its end has closed never opens again', () => {
    const { out } = foldAll([
      pay(0, 'a', 0),
      pay(1, 'm', HOUR_MS + MINUTE_MS),
      pay(2, 'late', 59_999),
      pay(3, 'n', 3 * HOUR_MS),
    ]);
    expect(out.partials.map((row) => [row.kafkaOffset, row.windowStartMs - START_MS, row.transactionCount])).toEqual([
      [1, 0, 1],
      [3, HOUR_MS + MINUTE_MS, 1],
    ]);
  });
});

describe('rejected records', () => {
  it('keep a masked payload, the hash of the raw value and what can be read', () => {
    const { out } = foldAll([record(0, event({ currency: 'x', note: '4111 1111 1111 1111', timestamp: 5 }))]);
    expect(out.exceptions[0]).toMatchObject({
      disposition: 'rejected',
      reason: 'field_invalid: currency',
      transactionId: 'txn-1',
      eventTimeMs: 5,
      recordTimeMs: 5,
      firstKafkaOffset: null,
      conflict: false,
      payloadHash: expect.stringMatching(/^[0-9a-f]{16}$/),
    });
    expect(out.exceptions[0]?.payload).toContain('"note":"**** **** **** 1111"');
  });

  it('without a value have neither payload nor hash', () => {
    const { out } = foldAll([record(0, event(), { value: null })]);
    expect(out.exceptions[0]).toMatchObject({ reason: 'no_value', payload: null, payloadHash: null });
  });

  it('give a row that a TIMESTAMP can hold, for any time that the producer set', () => {
    const { out } = foldAll([record(0, null, { timestampMs: Number.MAX_SAFE_INTEGER })]);
    expect(out.exceptions[0]?.recordTimeMs).toBe(Date.UTC(9999, 11, 31, 23, 59, 59, 999));
  });

  it('a value of 2 MB is a row like any other', () => {
    const { fold, out } = foldAll([record(0, event(), { value: Buffer.alloc(2_000_000, 0x78) }), pay(1, 'a')]);
    expect(out.exceptions[0]).toMatchObject({ reason: 'value_too_large' });
    expect(out.exceptions[0]?.payload).toHaveLength(65_536);
    expect(fold.counters.accepted).toBe(1);
  });
});

describe('settings by offset', () => {
  it('each record is decided by the entry that covers it', () => {
    const history = [0, 1].map((fromOffset) => ({
      fromOffset,
      foldVersion: 1,
      decision: { ...DEFAULT_DECISION_SETTINGS, ...(fromOffset === 1 ? { maxAmount: '1000' } : {}) },
    }));
    const fold = PartitionFold.fresh({ ...PLACE, startOffset: 0 });
    const out = emptyOutput();
    for (const one of [
      pay(0, 'a', 0, { amount: 2_000 }),
      pay(1, 'b', 0, { amount: 2_000 }),
      pay(2, 'c', 0, { amount: 999 }),
    ]) {
      fold.fold(one, compileSettings(resolveEntry(history, one.offset).decision), out);
    }
    expect(Array.from(out.accepted, (row) => row.kafkaOffset)).toEqual([0, 2]);
    expect(out.exceptions).toMatchObject([{ kafkaOffset: 1, reason: 'amount_out_of_range' }]);
  });
});

describe('fraud on the log order', () => {
  it('sees the payments before it and itself, not those after it', () => {
    const records = Array.from({ length: 7 }, (_, offset) =>
      pay(offset, `t${offset}`, 1_000, { device_id: `d${offset}` }),
    );
    const { out } = foldAll(records);
    expect(out.accepted.map((row) => row.fraud.txnCount5Min)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(out.accepted.map((row) => row.fraud.fraudScore)).toEqual([5, 5, 5, 20, 20, 45, 45]);
  });
});

describe('offsets', () => {
  it('only rise; gaps are passed over', () => {
    const { fold } = foldAll([pay(5, 'a')]);
    fold.skipTo(9);
    expect(fold.nextOffset).toBe(9);
    fold.fold(pay(11, 'b'), settings(), emptyOutput());
    expect(fold.nextOffset).toBe(12);
    expect(() => fold.skipTo(11)).toThrow('partition 3: cannot go back from 12 to 11');
    expect(() => fold.fold(pay(11, 'c'), settings(), emptyOutput())).toThrow('cannot go back');
    expect(fold.counters.consumed).toBe(2);
  });
});
