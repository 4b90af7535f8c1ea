/** The recomputation, held to values counted by hand from the contract. */
import { describe, expect, test } from 'vitest';
import { BASE_MS, event, MINUTE_MS, ownershipOf, RULES, record } from '../testing/history.ts';
import { judge } from './judge.ts';
import { maskedVersion1 } from './kept-payload.ts';
import { billionths, decimalText, plainDecimal, sameDecimal } from './money.ts';
import { type OracleOutcome, PartitionOracle } from './recompute.ts';

function outcomes(...events: (Record<string, unknown> | string | null)[]): OracleOutcome[] {
  const oracle = new PartitionOracle(ownershipOf(0));
  return events.map((value, offset) => oracle.take(record(offset, value)));
}

const dispositions = (...events: Record<string, unknown>[]): string[] => outcomes(...events).map((o) => o.disposition);

describe('decimals', () => {
  test('are counts of billionths, or nothing', () => {
    expect(['1.5', '0.000000001', '12', '1.0000000000'].map(billionths)).toEqual([
      1_500_000_000n,
      1n,
      12_000_000_000n,
      1_000_000_000n,
    ]);
    expect(['', '.5', '1.', '1e3', '1.0000000001', ' 1', '1.2.3', '+1'].map(billionths)).toEqual(Array(8).fill(null));
  });

  test('are written shortest, and compared as numbers', () => {
    expect([1_500_000_000n, 1n, 0n, -20_000_000_000n].map(decimalText)).toEqual(['1.5', '0.000000001', '0', '-20']);
    expect(plainDecimal('1.5e-7')).toBe('0.00000015');
    expect(plainDecimal('12e+2')).toBe('1200');
    expect(sameDecimal('1E-9', '0.000000001')).toBe(true);
    expect(sameDecimal('1.000000001', '1')).toBe(false);
  });
});

describe('order of decisions', () => {
  test("the guide's five messages become three payments", () => {
    const [first, second, third] = [event('txn-1', 0), event('txn-2', 1), event('txn-3', 2)];
    expect(dispositions(first, second, first, third, first)).toEqual([
      'accepted',
      'accepted',
      'duplicate',
      'accepted',
      'duplicate',
    ]);
  });

  test('an id is known at the watermark and unknown just past it', () => {
    // A delay of two minutes: q at minute 2 puts the watermark exactly on p.
    expect(dispositions(event('p', 0), event('q', 2), event('p', 0))[2]).toBe('duplicate');
    const past = event('q', 2, { timestamp: BASE_MS + 2 * MINUTE_MS + 1 });
    expect(dispositions(event('p', 0), past, event('p', 0))[2]).toBe('late');
  });

  test('only accepted payments move the watermark', () => {
    const future = event('f', 90);
    expect(dispositions(event('p', 0), future, event('r', -2))).toEqual(['accepted', 'rejected', 'accepted']);
  });

  test('a copy with another business field conflicts, one spelled differently does not', () => {
    const copies = outcomes(event('p', 0), event('p', 0, { amount: 10.25 }), event('p', 0, { amount: '10.26' }));
    expect(copies.slice(1)).toMatchObject([
      { disposition: 'duplicate', firstOffset: 0, conflict: false },
      { disposition: 'duplicate', firstOffset: 0, conflict: true },
    ]);
  });
});

describe('windows', () => {
  test('close when the watermark reaches their end, ordered by start, region and currency', () => {
    const closing = outcomes(
      event('a', 0, { amount: '1.1', region: 'us-east' }),
      event('b', 0.5, { amount: '2.2', region: 'eu-west', currency: 'USD' }),
      event('c', 0.9, { amount: '0.000000001', region: 'us-east' }),
      event('d', 3, { timestamp: BASE_MS + 3 * MINUTE_MS - 1 }),
      event('e', 3),
    );
    expect(closing[3]).toMatchObject({ closed: [] });
    expect(closing[4]).toMatchObject({
      closed: [
        { region: 'eu-west', currency: 'USD', count: 1, total: 2_200_000_000n },
        { window_start: BASE_MS, region: 'us-east', count: 2, total: 1_100_000_001n, min: 1n, max: 1_100_000_000n },
      ],
    });
  });
});

describe('fraud rules', () => {
  const scores = (...events: Record<string, unknown>[]) =>
    outcomes(...events).map((outcome) => (outcome.disposition === 'accepted' ? outcome.fraud : null));

  test('bands of the amount and points of the region', () => {
    const found = scores(
      event('a', 0, { amount: '1000', region: 'eu-west' }),
      event('b', 0, { amount: '1000.000000001', region: 'ap-south' }),
      event('c', 0, { amount: '5000.01', region: 'toString' }),
    );
    expect(found.map((fraud) => [fraud?.risk_amount, fraud?.geographic_risk, fraud?.fraud_score])).toEqual([
      ['LOW', 0, 5],
      ['MEDIUM', 5, 20],
      ['HIGH', 10, 40],
    ]);
  });

  test('the span is open at its start, and later event times do not count', () => {
    const slow = { ...RULES, watermarkDelayMs: 60 * MINUTE_MS };
    const oracle = new PartitionOracle(
      ownershipOf(0, { history: [{ fromOffset: 0, foldVersion: 2, decision: slow }] }),
    );
    const counts = [0, 5, 3, 5.5, 2].map((minute, offset) => {
      const outcome = oracle.take(record(offset, event(`p${offset}`, minute, { device_id: `d${offset % 2}` })));
      return outcome.disposition === 'accepted'
        ? [outcome.fraud.txn_count_5min, outcome.fraud.unique_devices_sender]
        : null;
    });
    expect(counts).toEqual([
      [1, 1],
      [1, 1],
      [2, 1],
      [3, 2],
      [2, 1],
    ]);
  });

  test('many payments from many devices are high risk, capped at the maximum', () => {
    const burst = Array.from({ length: 12 }, (_, n) =>
      event(`p${n}`, n / 60, { amount: 9000, device_id: `d${n}`, region: 'x' }),
    );
    const found = scores(...burst);
    expect(found[5]).toMatchObject({
      txn_count_5min: 6,
      unique_devices_sender: 6,
      fraud_score: 30 + 25 + 15 + 10,
      is_high_risk: true,
    });
    expect(found[11]).toMatchObject({ txn_count_5min: 12, fraud_score: 95 });
  });
});

describe('reasons for a rejection, by fold version 1', () => {
  const PLACE = { partition: 0, partitionCount: 1, minEventTimeMs: BASE_MS - 1e9 };
  const reasons = (value: Record<string, unknown> | string | null): string[] => [
    ...(judge(record(0, value), { foldVersion: 1 }, { ...PLACE, rules: RULES }).must?.reasons ?? []),
  ];

  test.each<[string, Record<string, unknown> | string | null]>([
    ['no_value', null],
    ['value_too_large', 'x'.repeat(1024 * 1024 + 1)],
    ['not_utf8_json', '{"a":'],
    ['not_utf8_json', '\ufeff{}'],
    ['not_an_object', '[]'],
    ['field_missing', event('p', 0, { region: undefined })],
    ['field_invalid', event('p', 0, { currency: 'eur' })],
    ['field_invalid', event('p', 0, { device_id: '\ud800' })],
    ['field_invalid', event('p', 0, { region: 'x'.repeat(257) })],
    ['field_invalid', event('p', 0, { timestamp: BASE_MS + 0.5 })],
    ['amount_not_exact', event('p', 0, { amount: '1.0000000001' })],
    ['amount_not_exact', event('p', 0, { amount: 1234567.123456789 })],
    ['amount_out_of_range', event('p', 0, { amount: 0 })],
    ['amount_out_of_range', event('p', 0, { amount: '1000000000000000.000000001' })],
    ['event_time_in_future', event('p', 66)],
    ['event_time_too_old', event('p', -20_000)],
  ])('%s', (reason, value) => {
    expect(reasons(value)).toEqual([reason]);
  });

  test('keys: missing, another sender, another partition', () => {
    const place = { partition: 1, partitionCount: 2, minEventTimeMs: 0 };
    const plain = record(0, event('p', 0));
    const of = (key: Buffer | null, rules = RULES): string[] => [
      ...(judge({ ...plain, key }, { foldVersion: 1 }, { ...place, rules }).must?.reasons ?? []),
    ];
    expect(of(null)).toEqual(['key_missing']);
    expect(of(Buffer.from('bob'))).toEqual(['key_not_sender']);
    const partitions = [0, 1].map((partition) => [
      ...(judge(plain, { foldVersion: 1 }, { ...place, partition, rules: { ...RULES, partitioner: 'murmur2' } }).must
        ?.reasons ?? []),
    ]);
    expect(partitions.filter((found) => found.length === 0)).toHaveLength(1);
    expect(partitions.flat()).toEqual(['key_wrong_partition']);
  });

  test('nothing, for amounts at their limits', () => {
    for (const amount of ['1000000000000000', 1e15, '0.000000001', 1e-9, 999999999999.999])
      expect(reasons(event('p', 0, { amount }))).toEqual([]);
  });
});

test('a kept payload hides what looks like a card number, up to the cut', () => {
  expect(maskedVersion1(Buffer.from('a 4111-1111  1111 1111, 123456789012'))).toBe(
    'a ****-****  **** 1111, 123456789012',
  );
  const long = maskedVersion1(Buffer.from(`${'é'.repeat(40_000)}`));
  expect(Buffer.byteLength(long)).toBeLessThanOrEqual(65_536);
  expect(long).not.toContain('\ufffd');
});
