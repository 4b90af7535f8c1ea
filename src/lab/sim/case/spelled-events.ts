/**
 * Events as JSON that no JSON.stringify gives: numbers with exponents or more digits than a double keeps, names that come twice,
 * card numbers in odd spellings, forms that are not UTF-8 JSON, records without a clock. Some are payments all the same.
 */
import type { Rng } from '../world/rng.ts';

type Event = Readonly<Record<string, unknown>>;

export interface SpelledRecord {
  readonly value: string;
  readonly timestampMs?: number;
}

/** Exact, and read otherwise by way of a double, or by who knows no exponents. */
const EXACT = [
  '12345678901234.999999',
  '999999999999999.99',
  '1E+2',
  '0.1e1',
  '1.50e-3',
  '1.0000000000',
  '9007199254740.993',
];
const NOT_EXACT = ['1e-10', '0.30000000000000004', '12345678901234.9999999999', '1e-999999999'];
const OUT_OF_RANGE = ['1e999999999', '-0', '1000000000000000.000000001', '0e5'];
const NOT_JSON = ['00.1', '1.', '.5', '1e', 'NaN'];
const CARDS = [
  '4111111111111111',
  '4111.1111/1111_1111',
  '4111\u20131111\u00a01111,1111',
  '\uff14111\u200b1111 1111 1111',
  '\\u0034111\\t1111\\u00201111-1111',
  '\u0664111111111111\u0661\u0661\u0661',
];
const BEGINNINGS = ['\ufeff', '\u0000\u0000\u0000\u0000\u0007', 'Obj\u0001', 'x\u0001'];
const AGAIN = ['"amount":"1"', '"\\u0061mount":1', '"currency":"EUR"', '"timestamp":1', '"note":0,"note":0'];
/** No timestamp at all, the epoch, and an hour of the last century. */
const NO_CLOCK_MS = [-1, 0, 900_000_000_000];

export function spelled(event: Event, rng: Rng): SpelledRecord {
  const kinds: (() => SpelledRecord)[] = [
    () => withSource(event, 'amount', rng.pick(EXACT)),
    () => withSource(event, 'amount', rng.pick(EXACT)),
    () => withSource(event, 'amount', rng.pick([...NOT_EXACT, ...OUT_OF_RANGE, ...NOT_JSON])),
    () => withSource(event, 'timestamp', `${event.timestamp}${rng.pick(['.0', 'e0', '.5', '000e-3'])}`),
    () => ({ value: `${JSON.stringify(event).slice(0, -1)},${rng.pick(AGAIN)}}` }),
    () => ({ value: JSON.stringify(event).replace('"transaction_id"', '"\\u0074ransaction_id"') }),
    () => ({ value: rng.pick(BEGINNINGS) + JSON.stringify(event) }),
    () => withSource({ ...event, region: '' }, 'transaction_id', `"${rng.pick(CARDS)}"`),
    () => withSource({ ...event, currency: 'eur', note: '' }, 'note', `"${rng.pick(CARDS)}"`),
    () => ({ value: JSON.stringify(event), timestampMs: rng.pick(NO_CLOCK_MS) }),
  ];
  return rng.pick(kinds)();
}

/** The event with this source as the value of one member. */
function withSource(event: Event, name: string, source: string): SpelledRecord {
  return { value: JSON.stringify({ ...event, [name]: '<source>' }).replace('"<source>"', () => source) };
}
