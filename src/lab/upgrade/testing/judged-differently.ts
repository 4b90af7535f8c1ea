/**
 * Records that fold versions judge differently, and records that each must mask or cut. Each is one value of a producer;
 * `differs` says that version 2 stores another row for it than version 1.
 */
import type { ScenarioRecord } from '../../scenario.ts';

export interface JudgedDifferently {
  readonly what: string;
  readonly differs: boolean;
  readonly value: (id: string, sender: string, nowMs: number) => Buffer;
}

const CARD_NUMBER = '4111111111111111';
const TWO_MIB = 2 * 1024 * 1024;

/** JSON text of a valid payment, with members put in place of its own or after them, as they stand. */
function json(id: string, sender: string, nowMs: number, own: Readonly<Record<string, string>>, further = ''): string {
  const members = {
    transaction_id: JSON.stringify(id),
    sender_account_id: JSON.stringify(sender),
    receiver_account_id: '"acct-receiver"',
    amount: '12.5',
    currency: '"EUR"',
    device_id: '"dev-1"',
    ip_address: '"10.0.0.1"',
    timestamp: String(nowMs),
    region: '"eu-west"',
    payment_method: '"card"',
    ...own,
  };
  const text = Object.entries(members).map(([name, value]) => `"${name}":${value}`);
  return `{${text.join(',')}${further}}`;
}

const bytes = (text: string): Buffer => Buffer.from(text, 'utf8');

export const JUDGED_DIFFERENTLY: readonly JudgedDifferently[] = [
  {
    what: 'an amount with more digits than a double holds, rounded up by JSON.parse',
    differs: true,
    value: (id, sender, nowMs) => bytes(json(id, sender, nowMs, { amount: '999999999999999.99' })),
  },
  {
    what: 'an amount with more digits than a double holds, rounded to a whole number',
    differs: true,
    value: (id, sender, nowMs) => bytes(json(id, sender, nowMs, { amount: '12345678901234.999999' })),
  },
  {
    what: 'two amounts under one name',
    differs: true,
    value: (id, sender, nowMs) => bytes(json(id, sender, nowMs, {}, ',"amount":99')),
  },
  {
    what: 'a byte order mark before a good payment',
    differs: true,
    value: (id, sender, nowMs) => bytes(`\ufeff${json(id, sender, nowMs, {})}`),
  },
  {
    what: 'a good payment in UTF-16',
    differs: true,
    value: (id, sender, nowMs) => Buffer.from(`\ufeff${json(id, sender, nowMs, {})}`, 'utf16le'),
  },
  {
    what: 'a card number as the id of a rejected payment',
    differs: true,
    value: (_, sender, nowMs) => bytes(json(CARD_NUMBER, sender, nowMs, { amount: '0' })),
  },
  {
    what: 'a card number in plain digits, in a rejected payment',
    differs: false,
    value: (id, sender, nowMs) => bytes(json(id, sender, nowMs, { amount: '0' }, `,"card":"${CARD_NUMBER}"`)),
  },
  {
    what: 'a value of 2 MiB',
    differs: false,
    value: (id, sender, nowMs) => bytes(json(id, sender, nowMs, {}, `,"note":"${'x'.repeat(TWO_MIB)}"`)),
  },
];

/** All of them, once for each partition, in order. Ids begin with the prefix. */
export function recordsJudgedDifferently(partitions: number, prefix: string, nowMs: number): ScenarioRecord[] {
  return Array.from({ length: partitions }, (_, partition) =>
    JUDGED_DIFFERENTLY.map(({ value }, index): ScenarioRecord => {
      const sender = `acct-${prefix}-${partition}`;
      return { key: sender, value: value(`${prefix}-${partition}-${index}`, sender, nowMs), partition };
    }),
  ).flat();
}
