import { describe, expect, it } from 'vitest';
import type { LogRecord, Payment } from '../types.ts';
import { formatHash, hashBytes, hashPayment, recordFingerprint } from './hash.ts';

const PAYMENT: Payment = {
  transactionId: 'txn-1',
  senderAccountId: 'a',
  receiverAccountId: 'b',
  amount: 1_500_000_000n,
  currency: 'EUR',
  deviceId: 'd',
  ipAddress: 'i',
  eventTimeMs: 1,
  region: 'r',
  paymentMethod: 'm',
};

const hex = (payment: Payment): string => {
  const { high, low } = hashPayment(payment);
  return formatHash(high, low);
};

describe('hash of the canonical columns', () => {
  it('depends on every column', () => {
    const changed: Partial<Payment>[] = [
      { transactionId: 'txn-2' },
      { senderAccountId: 'z' },
      { receiverAccountId: 'z' },
      { amount: 1_500_000_001n },
      { currency: 'USD' },
      { deviceId: 'z' },
      { ipAddress: 'z' },
      { eventTimeMs: 2 },
      { region: 'z' },
      { paymentMethod: 'z' },
    ];
    const hashes = [PAYMENT, ...changed.map((change) => ({ ...PAYMENT, ...change }))].map(hex);
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  it('does not confuse where one text ends and the next begins', () => {
    expect(hex({ ...PAYMENT, senderAccountId: 'ab', receiverAccountId: 'c' })).not.toBe(
      hex({ ...PAYMENT, senderAccountId: 'a', receiverAccountId: 'bc' }),
    );
  });

  it('holds amounts past what a double keeps apart', () => {
    expect(hex({ ...PAYMENT, amount: 10n ** 24n })).not.toBe(hex({ ...PAYMENT, amount: 10n ** 24n + 1n }));
  });

  it('stays what it is: stored hashes must be found again', () => {
    expect(hex(PAYMENT)).toMatchInlineSnapshot(`"ec96a26c2b080475"`);
    expect(hashBytes(Buffer.from(''))).toEqual({ high: 0xef46db37, low: 0x51d8e999 }); // XXH64 of nothing, seed 0
  });
});

describe('record fingerprints', () => {
  const record: LogRecord = { offset: 7, timestampMs: 5, key: Buffer.from('k'), value: Buffer.from('v') };

  it('name the offset and 16 hex digits', () => {
    expect(recordFingerprint(record)).toMatch(/^7:[0-9a-f]{16}$/);
  });

  it('differ by timestamp, key, value, and by missing against empty', () => {
    const empty = Buffer.alloc(0);
    const records: LogRecord[] = [
      record,
      { ...record, timestampMs: 6 },
      { ...record, key: Buffer.from('kv'), value: empty },
      { ...record, key: null },
      { ...record, key: empty },
      { ...record, value: null },
      { ...record, value: empty },
    ];
    expect(new Set(records.map(recordFingerprint)).size).toBe(records.length);
  });
});
