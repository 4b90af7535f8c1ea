/** Accepted rows as columns are the rows that they are as objects, whatever the records look like. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AcceptedRows } from './accepted-rows.ts';
import { PaymentBytes } from './event/payment-bytes.ts';
import { PartitionFold } from './fold.ts';
import { emptyOutput, event, PLACE, record, settings } from './testing/fold-fixture.ts';
import type { LogRecord, Payment } from './types.ts';

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
/** Escapes that JSON.stringify never writes, and blanks: the same event in bytes that the scanner leaves to the parser. */
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

describe('accepted rows as columns', () => {
  it('are the rows that the fold yields as objects', () => {
    let accepted = 0;
    const columns = new AcceptedRows();
    fc.assert(
      fc.property(log, (drawn) => {
        const [ofObjects, ofColumns] = [0, 1].map(() => PartitionFold.fresh({ ...PLACE, startOffset: 0 }));
        const objects = emptyOutput();
        columns.clear();
        const out = { accepted: columns, partials: [], exceptions: [] };
        for (const one of logOf(drawn)) {
          ofObjects?.fold(one, SETTINGS, objects);
          ofColumns?.fold(one, SETTINGS, out);
        }
        expect({ ...out, accepted: [...columns] }).toEqual(objects);
        expect(columns.slice(1, 3)).toEqual(objects.accepted.slice(1, 3));
        expect([...columns.kafkaOffsets()]).toEqual(objects.accepted.map(({ kafkaOffset }) => kafkaOffset));
        expect(columns.textBytes).toBe(Buffer.byteLength(objects.accepted.map(textsOf).join('')));
        expect(columns.at(columns.length)).toBeUndefined();
        expect(ofColumns?.head()).toEqual(ofObjects?.head());
        accepted += columns.length;
      }),
      { numRuns: 300 },
    );
    expect(accepted).toBeGreaterThan(400);
  });

  it('start over in the memory of earlier rows without a trace of them', () => {
    const payment = (changes: Partial<Payment>) => new PaymentBytes().set({ ...PAYMENT, ...changes });
    const rows = new AcceptedRows();
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
