/** A batch of columns gives back the payments that went in, for records of any form. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AcceptedBatch } from './accepted-batch.ts';
import { PaymentBytes } from './event/payment-bytes.ts';
import { PartitionFold } from './fold.ts';
import { event, PLACE, record, settings } from './testing/fold-fixture.ts';
import type { AcceptedRow, FraudAssessment, LogRecord, Payment } from './types.ts';

const SETTINGS = settings({ maxAmount: '99999999999999999999999999999' });

const text = fc.oneof(
  fc.string({ minLength: 1, maxLength: 12 }),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }),
  fc.constantFrom('é', '\u{1f600}', '"', '\\', '\u2028', '\0', 'a'.repeat(256), '€'.repeat(256), '\ud800', ''),
);
const amount = fc.oneof(
  fc.double({ min: 0, max: 1e16, noNaN: true }),
  fc.bigInt({ min: 1n, max: 10n ** 29n }).map(String),
  fc.tuple(fc.nat(), fc.nat({ max: 999_999_999 })).map(([units, nanos]) => `${units}.${nanos}`),
  fc.constantFrom('9007199.254740991', '9007199.254740992', '99999999999999999999999999999', '0.000000001'),
);
const members = fc.record({
  transaction_id: fc.oneof(text, fc.uuid()),
  sender_account_id: text,
  receiver_account_id: text,
  amount,
  currency: fc.constantFrom('EUR', 'USD', 'eur'),
  device_id: text,
  ip_address: text,
  region: fc.oneof(text, fc.constantFrom('eu-west', 'africa', 'constructor')),
  payment_method: text,
});
/**
 * Escapes that JSON.stringify never writes, and blanks: the same event in bytes that the scanner leaves to the parser.
 */
const spelling = fc.constantFrom(
  (json: string) => json,
  (json: string) => json.replace(/[a-z]/, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  (json: string) => json.replace(/,"/g, ' ,\n"'),
  (json: string) => json.replace('{', '{"more":[1,{"amount":2}],'),
);
const log = fc.array(fc.tuple(members, spelling, fc.nat({ max: 100_000 })), { minLength: 1, maxLength: 60 });

function logOf(drawn: Iterable<readonly [Record<string, unknown>, (json: string) => string, number]>): LogRecord[] {
  return Array.from(drawn, ([changes, spell, atMs], offset) => {
    const one = record(offset, event(changes, atMs));
    return { ...one, value: Buffer.from(spell(String(one.value))) };
  });
}

/** Keeps what it is given as objects, besides. */
class NotedBatch extends AcceptedBatch {
  noted: AcceptedRow[] = [];

  override add(kafkaOffset: number, payment: PaymentBytes, fraud: FraudAssessment): void {
    super.add(kafkaOffset, payment, fraud);
    this.noted.push({ kafkaOffset, payment: payment.toPayment(), fraud });
  }

  override clear(): void {
    super.clear();
    this.noted = [];
  }
}

describe('a batch of accepted payments', () => {
  it('gives back as objects what the fold put into its columns', () => {
    let accepted = 0;
    const columns = new NotedBatch();
    fc.assert(
      fc.property(log, (drawn) => {
        const fold = PartitionFold.fresh({ ...PLACE, startOffset: 0 });
        columns.clear();
        const out = { accepted: columns, partials: [], exceptions: [] };
        for (const one of logOf(drawn)) fold.fold(one, SETTINGS, out);
        const { noted } = columns;
        const offsets = noted.map(({ kafkaOffset }) => kafkaOffset);
        expect([...columns]).toEqual(noted);
        expect([...AcceptedBatch.of(noted)]).toEqual(noted);
        expect([...columns.kafkaOffsets(0, columns.length)]).toEqual(offsets);
        expect([...columns.kafkaOffsets(columns.length >> 1, columns.length)]).toEqual(
          offsets.slice(offsets.length >> 1),
        );
        expect(columns.textBytes).toBe(Buffer.byteLength(noted.map(textsOf).join('')));
        expect(columns.at(columns.length)).toBeUndefined();
        expect(columns.length).toBe(fold.counters.accepted);
        accepted += columns.length;
      }),
      { numRuns: 300 },
    );
    expect(accepted).toBeGreaterThan(400);
  });

  it('starts over in the memory of earlier rows without a trace of them', () => {
    const payment = (changes: Partial<Payment>) => new PaymentBytes().set({ ...PAYMENT, ...changes });
    const rows = new AcceptedBatch();
    for (let offset = 0; offset < 100; offset += 1) rows.add(offset, payment({ amount: 10n ** 38n - 1n }), FRAUD);
    expect(() => rows.add(100, payment({ amount: 10n ** 38n }), FRAUD)).toThrow(RangeError);
    rows.clear();
    expect([rows.length, rows.textBytes, [...rows]]).toEqual([0, 0, []]);
    rows.add(7, payment({ amount: 5n, transactionId: 't' }), FRAUD);
    expect([...rows]).toEqual([
      { kafkaOffset: 7, payment: { ...PAYMENT, amount: 5n, transactionId: 't' }, fraud: FRAUD },
    ]);
  });
});

const FRAUD = {
  riskAmount: 'LOW',
  txnCount5Min: 1,
  uniqueDevicesSender: 1,
  geographicRisk: 2 ** 40,
  fraudScore: -3,
  isHighRisk: true,
} as const;

const PAYMENT: Payment = {
  transactionId: 'a long transaction id',
  senderAccountId: 'é',
  receiverAccountId: 'r',
  amount: 1n,
  currency: 'EUR',
  deviceId: 'd',
  ipAddress: 'i',
  eventTimeMs: 1,
  region: 'eu',
  paymentMethod: 'card',
};

function textsOf({ payment }: { readonly payment: Payment }): string {
  return Object.values(payment)
    .filter((value) => typeof value === 'string')
    .join('');
}
