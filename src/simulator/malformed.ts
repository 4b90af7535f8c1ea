/** Records that must be rejected: for each malformed kind, the value, key and place that bring its reason code about. */
import { encodePayment, type SimulatedPayment } from './event.ts';
import type { MalformedKind } from './plan.ts';
import type { Random } from './random.ts';

export interface MalformedRecord {
  readonly value: Buffer | null;
  readonly key: string;
  /** Added to the partition that the key hashes to. */
  readonly partitionShift: number;
}

const OVER_ONE_MIB = 1024 * 1024 + 1;
/** The usual test number of card schemes: what a rejected payload must not show. */
const CARD_NUMBER = '4111 1111 1111 1111';
const FIELDS = ['transaction_id', 'receiver_account_id', 'amount', 'currency', 'timestamp', 'region'] as const;

export function malformedRecord(kind: MalformedKind, payment: SimulatedPayment, random: Random): MalformedRecord {
  const json = (): Record<string, unknown> => JSON.parse(encodePayment(payment));
  const plain = { key: payment.sender, partitionShift: 0 };
  switch (kind) {
    case 'no_value':
      return { ...plain, value: null };
    case 'value_too_large':
      return { ...plain, value: Buffer.alloc(OVER_ONE_MIB, 'x') };
    case 'not_utf8_json':
      return { ...plain, value: notJson(payment, random) };
    case 'not_an_object':
      return { ...plain, value: text(['[]', '"pay"', '42', 'null', 'true'][random.below(5)]!) };
    case 'field_missing': {
      const event = json();
      delete event[FIELDS[random.below(FIELDS.length)]!];
      return { ...plain, value: text({ ...event, card: CARD_NUMBER }) };
    }
    case 'field_invalid':
      return { ...plain, value: text({ ...json(), ...invalidField(random) }) };
    case 'amount_not_exact':
      return { ...plain, value: text({ ...json(), amount: ['1.0000000001', 1234567.123456789][random.below(2)] }) };
    case 'amount_out_of_range':
      return { ...plain, value: text({ ...json(), amount: [0, '0.000000000', '9000000000000001'][random.below(3)] }) };
    case 'event_time_too_old':
      return { ...plain, value: text({ ...json(), timestamp: 86_400_000 * (1 + random.below(3_000)) }) };
    case 'key_not_sender':
      return { ...plain, key: payment.receiver === payment.sender ? 'nobody' : payment.receiver, value: text(json()) };
    case 'key_wrong_partition':
      return { ...plain, partitionShift: 1, value: text(json()) };
  }
}

function notJson(payment: SimulatedPayment, random: Random): Buffer {
  const whole = Buffer.from(encodePayment(payment));
  if (random.chance(0.5)) return whole.subarray(0, whole.length - 1 - random.below(40));
  whole[whole.indexOf('acct')] = 0xff;
  return whole;
}

function invalidField(random: Random): Record<string, unknown> {
  const choices: Record<string, unknown>[] = [
    { currency: 'usd' },
    { region: '' },
    { device_id: 17 },
    { payment_method: 'x'.repeat(257) },
    { receiver_account_id: '\ud800' },
    { timestamp: 1.5 },
    { ip_address: null },
  ];
  return choices[random.below(choices.length)]!;
}

/** JSON.stringify escapes a lone surrogate, so the bytes stay UTF-8 and the text is what is wrong. */
function text(value: unknown): Buffer {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
}
