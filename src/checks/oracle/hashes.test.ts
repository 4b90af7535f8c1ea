/** The checkers' hashes and digest against those of the fold: two readings of one layout. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TextKey } from '../../base/memory/text-key.ts';
import { recordFingerprint as foldFingerprint, formatHash, hashBytes, hashPayment } from '../../payments/event/hash.ts';
import { hashText, paymentHash, recordFingerprint, textHash, valueHash } from './hashes.ts';

const text = fc.string({ unit: 'binary', maxLength: 40 });

test('a text hashes to what the tables are kept by, at any length', () => {
  fc.assert(
    fc.property(fc.oneof(text, fc.constant('x'.repeat(5_000))), (value) => {
      const { high, low } = new TextKey().setText(value);
      expect(textHash(value)).toEqual({ high, low });
    }),
  );
});

test('a payment hashes to its payload_hash', () => {
  fc.assert(
    fc.property(
      fc.tuple(text, text, text, text, text, text, text, text),
      fc.integer({ min: 0, max: 4e12 }),
      fc.bigInt({ min: 0n, max: 10n ** 30n }),
      (texts, event_time, amount) => {
        const [transaction_id, sender_account_id, receiver_account_id, currency, device_id, ip_address] = texts;
        const [region, payment_method] = [texts[6], texts[7]];
        const payment = { transaction_id, sender_account_id, receiver_account_id, currency, device_id, ip_address };
        const hash = hashText(paymentHash({ ...payment, region, payment_method, event_time, amount, columns: {} }));
        const folded = hashPayment({
          transactionId: transaction_id,
          senderAccountId: sender_account_id,
          receiverAccountId: receiver_account_id,
          currency,
          deviceId: device_id,
          ipAddress: ip_address,
          region,
          paymentMethod: payment_method,
          eventTimeMs: event_time,
          amount,
        });
        expect(hash).toBe(formatHash(folded.high, folded.low));
      },
    ),
  );
});

test('a record has the fingerprint of checkpoints, and its value the hash of exceptions', () => {
  const bytes = fc.option(fc.uint8Array({ maxLength: 300 }).map((each) => Buffer.from(each)));
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 0, max: 4e12 }), bytes, bytes, (offset, timestampMs, key, value) => {
      const record = { offset, timestampMs, key, value };
      expect(recordFingerprint(record)).toBe(foldFingerprint(record));
      const hash = value === null ? null : hashBytes(value);
      expect(valueHash(record)).toBe(hash === null ? null : formatHash(hash.high, hash.low));
    }),
  );
});
