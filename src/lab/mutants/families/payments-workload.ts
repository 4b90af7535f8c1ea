/**
 * Payments at the edges of the rules: exactly a span apart, behind within and past the allowed delay, with many decimals and
 * as JSON numbers, copies near the end of their id's life, with another payload or another time, and records that cannot be
 * read. One partition.
 */

import type { WorkloadRecord } from '../../sim/case/workload.ts';
import { EPOCH_MS } from '../../sim/world/context.ts';
import type { Rng } from '../../sim/world/rng.ts';

/** Divides five minutes and a minute: boundaries are met to the millisecond. */
const STEP_MS = 6_000;
/** The families' shortest: an original this far behind the newest event may be forgotten. */
const WATERMARK_DELAY_MS = 60_000;
const BEHIND_MS = [0, 0, 0, 6_000, 30_000, 54_000, 90_000, 7_200_000];
const AMOUNTS = [
  '12.34',
  '1000.01',
  '5000.000000001',
  '0.1',
  '0.2',
  '123456789.987654321',
  '98765432101.123456789',
  1000,
  0.3,
  4999.99,
];
/** Copies are of one of this number of last originals. */
const RECENT = 16;
const UNREADABLE = [null, '{', '[]', '{"amount": 1}', 'null'];

interface Event {
  readonly transaction_id: string;
  readonly timestamp: number;
  readonly [member: string]: unknown;
}

export interface PaymentsDials {
  readonly count: number;
  /** Virtual time over which they are sent. */
  readonly spanMs: number;
  readonly copyChance: number;
}

export function drawPayments(rng: Rng, { count, spanMs, copyChance }: PaymentsDials): WorkloadRecord[] {
  const sent: Event[] = [];
  let newestMs = Number.NEGATIVE_INFINITY;
  const startMs = EPOCH_MS - count * STEP_MS - 60_000;
  return Array.from({ length: count }, (_, i): WorkloadRecord => {
    const place = { atMs: Math.floor((spanMs * i) / count), partition: 0 };
    if (rng.chance(0.05)) return { ...place, key: 's0', value: rng.pick(UNREADABLE) };
    const original = sent.length > 0 && rng.chance(copyChance) ? rng.pick(sent.slice(-RECENT)) : undefined;
    const event =
      original === undefined
        ? drawEvent(rng, i, startMs + i * STEP_MS)
        : copyOf(rng, original, original.timestamp >= newestMs - WATERMARK_DELAY_MS);
    newestMs = Math.max(newestMs, event.timestamp);
    if (original === undefined) sent.push(event);
    return { ...place, key: String(event.sender_account_id), value: JSON.stringify(event) };
  });
}

function drawEvent(rng: Rng, index: number, timeMs: number): Event {
  return {
    transaction_id: `t${index}`,
    sender_account_id: `s${rng.between(0, 3)}`,
    receiver_account_id: 'r1',
    amount: rng.pick(AMOUNTS),
    currency: rng.pick(['EUR', 'USD']),
    device_id: `d${rng.between(0, 5)}`,
    ip_address: '192.0.2.1',
    timestamp: timeMs - rng.pick(BEHIND_MS),
    region: rng.pick(['eu-west', 'sa-east', 'mars']),
    payment_method: 'card',
  };
}

/** As it was, with another amount, or (which only a copy of a known payment may do: it is G2 otherwise) with a later time. */
function copyOf(rng: Rng, event: Event, isKnown: boolean): Event {
  const kind = rng.between(0, 4);
  if (kind === 0) return { ...event, amount: '77.77' };
  if (kind === 1 && isKnown) return { ...event, timestamp: event.timestamp + 2 * STEP_MS };
  return event;
}
