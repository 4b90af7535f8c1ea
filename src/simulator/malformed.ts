/** Records that must be rejected: for each malformed kind, the value, key and place that lead to its reason code. */
import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
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
/** The usual test number of card schemes inside JSON text: a rejected row must not show it in any spelling. */
const CARD_NUMBERS = [
  '4111 1111 1111 1111',
  '4111111111111111',
  '4111.1111.1111.1111',
  '4111\u20131111\u00a01111/1111',
  '4111\u200b1111_1111,1111',
  '\uff14\uff11\uff11\uff11 \uff11\uff11\uff11\uff11 1111 1111',
  '\u0664\u0661\u0661\u0661111111111111',
  '\\u0034111\\u00a01111\\t1111-\\u0031111',
] as const;
const FIELDS = ['transaction_id', 'receiver_account_id', 'amount', 'currency', 'timestamp', 'region'] as const;

export function malformedRecord(kind: MalformedKind, payment: SimulatedPayment, random: Random): MalformedRecord {
  const json = (): Record<string, unknown> => JSON.parse(encodePayment(payment));
  const plain = { key: payment.sender, partitionShift: 0 };
  switch (kind) {
    case 'no_value':
      return { ...plain, value: null };
    case 'value_too_large':
      return { ...plain, value: Buffer.alloc(OVER_ONE_MIB, 'x') };
    case 'byte_order_mark':
      return { ...plain, value: behind('efbbbf', payment) };
    case 'schema_registry_format':
      return { ...plain, value: behind('000000002a', payment) };
    case 'compressed_value':
      return { ...plain, value: compressed(Buffer.from(encodePayment(payment)), random) };
    case 'binary_format':
      return { ...plain, value: behind(['4f626a01', 'c301', 'aced0005'][random.below(3)]!, payment) };
    case 'not_utf8':
      return { ...plain, value: notUtf8(payment, random) };
    case 'not_json':
      return { ...plain, value: notJson(payment, random) };
    case 'not_an_object':
      return { ...plain, value: text(['[]', '"pay"', '42', 'null', 'true'][random.below(5)]!) };
    case 'duplicate_member':
      return { ...plain, value: twice(payment, random) };
    case 'field_missing': {
      const event = json();
      delete event[FIELDS[random.below(FIELDS.length)]!];
      return { ...plain, value: withCard({ ...event, card: CARD_PLACE }, random) };
    }
    case 'field_invalid': {
      const id = random.chance(0.3) ? { transaction_id: CARD_PLACE } : {};
      return { ...plain, value: withCard({ ...json(), ...id, ...invalidField(random) }, random) };
    }
    case 'amount_not_exact':
      return { ...plain, value: withAmount(payment, NOT_EXACT[random.below(NOT_EXACT.length)]!) };
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

const CARD_PLACE = '<card>';
const NOT_EXACT = ['"1.0000000001"', '0.0000000001', '12345678901234.9999999999', '15e-11', '1e-999999999'];

/** The event as JSON with a card number in it, spelled as JSON.stringify would not. */
function withCard(event: Record<string, unknown>, random: Random): Buffer {
  const card = CARD_NUMBERS[random.below(CARD_NUMBERS.length)]!;
  return Buffer.from(JSON.stringify(event).replace(CARD_PLACE, () => card));
}

function withAmount(payment: SimulatedPayment, source: string): Buffer {
  return Buffer.from(encodePayment(payment).replace(/"amount":"?[^",]+"?/, () => `"amount":${source}`));
}

/** Bytes (hex) followed by the event. */
function behind(hex: string, payment: SimulatedPayment): Buffer {
  return Buffer.concat([Buffer.from(hex, 'hex'), Buffer.from(encodePayment(payment))]);
}

function compressed(json: Buffer, random: Random): Buffer {
  const kinds = [gzipSync, deflateSync, zstdCompressSync];
  return kinds[random.below(kinds.length)]!(json);
}

function notUtf8(payment: SimulatedPayment, random: Random): Buffer {
  const json = encodePayment(payment);
  if (random.chance(0.3)) return Buffer.from(json, 'utf16le');
  const bytes = Buffer.from(json);
  bytes[bytes.indexOf('acct')] = 0xff;
  return bytes;
}

/** Cut short, or with a number that JSON does not allow. */
function notJson(payment: SimulatedPayment, random: Random): Buffer {
  if (random.chance(0.3)) return withAmount(payment, ['00.1', '1.', '.5', '0x10', 'NaN'][random.below(5)]!);
  const whole = Buffer.from(encodePayment(payment));
  return whole.subarray(0, whole.length - 1 - random.below(40));
}

/** Repeats a member with the same value or another, by its name or an escaped form of it. */
function twice(payment: SimulatedPayment, random: Random): Buffer {
  const again = [
    '"amount":1',
    '"\\u0061mount":1',
    '"currency":"EUR"',
    `"timestamp":${payment.eventTimeMs}`,
    '"note":0,"note":0',
  ];
  const json = encodePayment(payment);
  return Buffer.from(`${json.slice(0, -1)},${again[random.below(again.length)]}}`);
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

/** JSON.stringify escapes a lone surrogate, so the bytes are valid UTF-8 and only the text is wrong. */
function text(value: unknown): Buffer {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
}
