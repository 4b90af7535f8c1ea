/** Payments of a workload in the form that a rules file says, with one thing odd now and then. Other records stay what they are. */
import type { EventRules, TimeType } from '../../../payments/rules/rules.ts';
import type { Rng } from '../world/rng.ts';
import type { EncodedValue } from './draw-formats.ts';
import type { WorkloadRecord } from './workload.ts';

type Members = Record<string, unknown>;

const ODD_CHANCE = 0.04;
const OTHER_TYPE_CHANCE = 0.1;
const FINER_CHANCE = 0.05;
const WRONG_KEY_CHANCE = 0.03;
const CENTS = 2;
/** With none, two, three decimals, and two that ISO 4217 does not say. */
const CURRENCIES = ['JPY', 'EUR', 'KWD', 'XAU', 'ZZZ'];

/** `encode`: the value in the format of the rules. */
export function mappedRecord(
  record: WorkloadRecord,
  event: EventRules,
  rng: Rng,
  encode: (value: Members) => EncodedValue,
): WorkloadRecord {
  const plain = plainPayment(record.value);
  if (plain === undefined) return record;
  const { transaction_id: id, sender_account_id: sender } = plain;
  // A copy has the currency of its original.
  const currency = CURRENCIES[Number(String(id).slice(1)) % CURRENCIES.length];
  const payment = event.amount.minorUnits === 'currency' ? { ...plain, currency } : plain;
  const value: Members = {
    type: rng.chance(OTHER_TYPE_CHANCE) ? 'refund' : rng.pick(['payment', 'charge']),
    order: { id: `o-${id}`, quantity: rng.between(-3, 3), fee: `${rng.between(0, 99)}.5`, gift: rng.chance(0.5) },
  };
  const put = (path: string | undefined, member: unknown): void => {
    if (path?.startsWith('/')) putAt(value, path.split('/').slice(1), member);
  };
  for (const [role, { path }] of Object.entries(event.texts)) put(path, payment[role]);
  put(event.texts.transaction_id?.path, event.texts.transaction_id?.trim === true ? ` ${id}\t` : id);
  if (event.texts.currency?.uppercase === true) put(event.texts.currency.path, String(payment.currency).toLowerCase());
  put(event.amount.path, amountAs(String(payment.amount), event.amount));
  put(event.timestamp.path, timeAs(Number(payment.timestamp), event.timestamp.type ?? 'epoch_ms', rng));
  if (typeof event.key === 'object') put(event.key.path, `tenant of ${sender}`);
  if (rng.chance(ODD_CHANCE)) {
    const paths = [
      event.amount.path,
      event.timestamp.path,
      '/order/id',
      event.texts.region?.path,
      event.texts.device_id?.path,
    ];
    put(rng.pick(paths), rng.pick([null, true, '', ' ', 'x', -1, 1.5, [], '\ud800', '4111 1111 1111 1111']));
  }
  const key = rng.chance(WRONG_KEY_CHANCE) ? 'nobody' : keyOf(event, String(id), String(sender));
  return { ...record, key, ...encode(value) };
}

/** Undefined for a value that is no event as JSON.stringify spells it. */
function plainPayment(value: string | null): Members | undefined {
  try {
    const parsed: unknown = JSON.parse(value ?? '');
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return undefined;
    const payment = parsed as Members;
    // Ids in odd spellings come from a few, in any partition.
    const isPlain =
      /^t[0-9]+$/.test(String(payment.transaction_id)) && /^[0-9]+(\.[0-9]+)?$/.test(String(payment.amount));
    return isPlain && JSON.stringify(payment) === value ? payment : undefined;
  } catch {
    return undefined;
  }
}

function putAt(members: Members, [step = '', ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) {
    members[step] = value;
    return;
  }
  const inside = members[step];
  const held = typeof inside === 'object' && inside !== null && !Array.isArray(inside) ? (inside as Members) : {};
  members[step] = held;
  putAt(held, rest, value);
}

function keyOf({ key }: EventRules, id: string, sender: string): string {
  if (typeof key === 'object') return `tenant of ${sender}`;
  return key === 'transaction' ? id : sender;
}

/** Amounts of a workload have two decimals, or lie at an edge; what minor units cannot hold is cut off. */
function amountAs(amount: string, { minorUnits, decimalBytes }: EventRules['amount']): unknown {
  if (minorUnits === undefined && decimalBytes === undefined) return amount;
  const [whole = '', fraction = ''] = amount.split('.');
  const cents = BigInt(`${whole}${fraction.slice(0, CENTS).padEnd(CENTS, '0')}`);
  if (decimalBytes === undefined) return Number(cents);
  const hex = cents.toString(16);
  // A byte of zeros before it, so that it is never negative.
  return Buffer.from(`00${hex.padStart(hex.length + (hex.length % 2), '0')}`, 'hex').toString('base64');
}

function timeAs(timeMs: number, type: TimeType, rng: Rng): unknown {
  const isFiner = rng.chance(FINER_CHANCE);
  if (type === 'iso8601') return new Date(timeMs).toISOString().replace('Z', isFiner ? '001Z' : '000+00:00');
  if (type === 'epoch_s') return Math.floor(timeMs / 1_000);
  if (type === 'epoch_ms') return timeMs;
  const finer = isFiner ? '001' : '000';
  return `${timeMs}${finer}${type === 'epoch_ns' ? '000' : ''}`;
}
