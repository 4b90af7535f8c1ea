import { hash } from 'node:crypto';
import fc from 'fast-check';
import kafkajs from 'kafkajs';
import { describe, expect, test } from 'vitest';
import { ConfigurationError } from '../base/errors.ts';
import { generatePayments, type PlannedRecord } from './generate.ts';
import { partitionOfKey } from './partitioner.ts';
import { MALFORMED_KINDS, resolvePlan, type SimulationDials } from './plan.ts';

const NOW_MS = Date.UTC(2026, 0, 15);
const HOUR_MS = 3_600_000;

function generate(dials: SimulationDials): PlannedRecord[] {
  return [...generatePayments(resolvePlan({ count: 5_000, spanMs: 4 * HOUR_MS, ...dials }, NOW_MS))];
}

function digest(records: readonly PlannedRecord[]): string {
  const bytes = records.map(({ partition, key, value }) => `${partition} ${key} ${value?.toString('base64')}`);
  return hash('sha256', bytes.join('\n'));
}

describe('generatePayments', () => {
  test('gives the same bytes for the same seed and dials, others for another seed', () => {
    expect(digest(generate({ seed: 7 }))).toBe(digest(generate({ seed: 7 })));
    expect(digest(generate({ seed: 7 }))).not.toBe(digest(generate({ seed: 8 })));
  });

  test('keeps to the shares that the dials set', () => {
    const records = generate({ count: 20_000, duplicateShare: 0.05, lateShare: 0.02, futureShare: 0.01 });
    const share = (kind: string): number => records.filter((record) => record.kind === kind).length / records.length;
    expect(share('duplicate')).toBeCloseTo(0.05, 2);
    expect(share('late')).toBeCloseTo(0.02, 2);
    expect(share('future')).toBeCloseTo(0.01, 2);
  });

  test('covers the span of event time, from the base on', () => {
    const payments = generate({}).filter(({ kind }) => kind === 'payment');
    const times = payments.map(({ payment }) => payment.eventTimeMs);
    expect(Math.min(...times)).toBeGreaterThan(NOW_MS - 4 * HOUR_MS - 31_000);
    expect(Math.max(...times)).toBeGreaterThan(NOW_MS - 60_000);
    expect(Math.max(...times)).toBeLessThanOrEqual(NOW_MS);
  });

  test('places copies at every distance, just inside the watermark and just past it', () => {
    const records = generate({ count: 20_000 });
    const copies = records.filter(({ kind }) => kind === 'duplicate');
    const at = (distance: string): PlannedRecord[] => copies.filter(({ copy }) => copy?.distance === distance);
    for (const distance of ['near', 'across', 'inside', 'past']) expect(at(distance).length).toBeGreaterThan(20);
    expect(new Set(at('inside').map(({ expected }) => expected))).toEqual(new Set(['duplicate']));
    expect(new Set(at('past').map(({ expected }) => expected))).toEqual(new Set(['late']));
    expect(at('near').every(({ seq, copy }) => seq - copy!.ofSeq < 100)).toBe(true);
    expect(at('across').every(({ seq, copy }) => seq - copy!.ofSeq >= 500)).toBe(true);
  });

  test('copies are byte for byte, respelled, or changed in a business field; always under the same id and key', () => {
    const records = generate({ count: 20_000 });
    for (const { copy, value, key, partition } of records) {
      if (!copy) continue;
      const original = records[copy.ofSeq]!;
      const [was, is] = [original.value!, value!].map((bytes) => JSON.parse(bytes.toString()));
      expect([is.transaction_id, is.timestamp, key, partition]).toEqual([
        was.transaction_id,
        was.timestamp,
        original.key,
        original.partition,
      ]);
      const sameFacts = Number(is.amount) === Number(was.amount) && is.device_id === was.device_id;
      expect(sameFacts).toBe(copy.variant !== 'changed');
      expect(value!.equals(original.value!)).toBe(copy.variant === 'same');
    }
  });

  test('reaches every malformed kind', () => {
    const records = generate({ count: 3_000, malformedShare: 0.2, malformedKinds: MALFORMED_KINDS });
    expect(new Set(records.map(({ malformed }) => malformed))).toEqual(new Set([null, ...MALFORMED_KINDS]));
  });

  test('sends hot accounts their share', () => {
    const records = generate({ hotAccounts: 1, hotShare: 0.4 });
    const hot = records.filter(({ payment }) => payment.sender === 'acct-0000000');
    expect(hot.length / records.length).toBeCloseTo(0.4, 1);
  });
});

test('partitionOfKey agrees with the default partitioner of kafkajs', () => {
  const partitioner = kafkajs.Partitioners.DefaultPartitioner();
  fc.assert(
    fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), fc.integer({ min: 1, max: 64 }), (key, count) => {
      const partitionMetadata = Array.from({ length: count }, (_, partitionId) => ({
        partitionId,
        leader: 1,
        replicas: [1],
        isr: [1],
        partitionErrorCode: 0,
      }));
      const message = { key: Buffer.from(key), value: null };
      expect(partitionOfKey(key, count)).toBe(partitioner({ topic: 't', partitionMetadata, message }));
    }),
    { seed: 1, numRuns: 300 },
  );
});

test('resolvePlan refuses wrong dials, one line each', () => {
  const resolve = (): unknown => resolvePlan({ partitions: 0, lateShare: 2, hotAccounts: 9, accounts: 3 }, NOW_MS);
  expect(resolve).toThrow(ConfigurationError);
  expect(resolve).toThrow(/partitions.*\n.*lateShare.*\n.*hotAccounts/);
});
