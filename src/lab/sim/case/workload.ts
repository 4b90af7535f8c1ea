/**
 * Payments for the simulated world, from a seed: originals, copies (same and changed), late, future and malformed ones.
 * A workload is plain data: it can be shrunk and saved. Event times move ahead with a chosen step, so that windows close
 * and ids are forgotten within a few hundred records.
 */

import type { NewRecord, SimPartition } from '../kafka/topic.ts';
import { EPOCH_MS } from '../world/context.ts';
import { Rng } from '../world/rng.ts';
import { spelled } from './spelled-events.ts';

/** One record to be sent. `value` is JSON, or anything at all where it is malformed. */
export interface WorkloadRecord {
  readonly atMs: number;
  readonly partition: number;
  readonly key: string | null;
  readonly value: string | null;
  /** The value is bytes, in base64. Default: it is text. */
  readonly isBase64?: boolean;
  /** The record's own timestamp, where its producer's clock is not to be had; default: the time at which it arrives. */
  readonly timestampMs?: number;
  /** `atMs` counts from when an operator has given the topic more partitions; never sent where nobody does. */
  readonly afterRescale?: boolean;
  /** Sent in a transaction that stays open for so long; an aborted one is no record, but takes offsets. */
  readonly transaction?: { readonly outcome: 'commit' | 'abort'; readonly openForMs: number };
}

export interface WorkloadDials {
  readonly seed: number;
  readonly records: number;
  readonly partitions: number;
  /** Virtual time over which they are sent. */
  readonly spanMs: number;
  /** Event time between two originals. */
  readonly eventStepMs: number;
  readonly duplicateChance: number;
  readonly changedChance: number;
  readonly lateChance: number;
  readonly malformedChance: number;
  readonly transactionChance: number;
  /** Originals whose time or amount lies exactly at an edge of a rule, or next to it. */
  readonly edgeChance: number;
  /** Events that are spelled as producers seldom do: right ones and wrong ones (spelled-events.ts). */
  readonly spelledChance: number;
  readonly senders: number;
}

export const DEFAULT_DIALS: WorkloadDials = {
  seed: 1,
  records: 200,
  partitions: 2,
  spanMs: 20_000,
  eventStepMs: 7_000,
  duplicateChance: 0.1,
  changedChance: 0.3,
  lateChance: 0.05,
  malformedChance: 0.04,
  transactionChance: 0.02,
  edgeChance: 0,
  spelledChance: 0,
  senders: 12,
};

interface Event {
  readonly sender_account_id: string;
  readonly timestamp: number;
  readonly [column: string]: unknown;
}

const MALFORMED: readonly (string | null)[] = [null, '{', '[]', '{"amount": 1}', '"text"'];
const REGIONS = ['eu-west', 'us-east', 'sa-east'];
const CURRENCIES = ['EUR', 'USD'];
const LATE_BY_MS = 2 * 3_600_000;
const MINUTE_MS = 60_000;
/** The processors' own, the commonest first. */
const WATERMARK_DELAYS_MS = [60_000, 60_000, 20_000, 300_000];
const ACTIVITY_SPAN_MS = 300_000;

export function drawWorkload(dials: WorkloadDials): WorkloadRecord[] {
  const rng = new Rng(dials.seed, 'workload');
  const sent: { readonly event: Event; readonly partition: number }[] = [];
  const records: WorkloadRecord[] = [];
  // Apart from the other draws, which do not depend on the chance of edges.
  const edges = new Edges(new Rng(dials.seed, 'edges'), dials.edgeChance);
  const spellings = new Rng(dials.seed, 'spellings');
  for (let i = 0; i < dials.records; i++) {
    const atMs = Math.floor((dials.spanMs * i) / dials.records);
    if (rng.chance(dials.malformedChance)) {
      const partition = rng.between(0, dials.partitions - 1);
      records.push({ atMs, partition, key: `s${partition}`, value: rng.pick(MALFORMED) });
      continue;
    }
    const original = sent.length > 0 && rng.chance(dials.duplicateChance) ? rng.pick(sent.slice(-20)) : undefined;
    const drawn = original === undefined ? drawEvent(rng, i, dials) : copyOf(rng, original.event, dials);
    const partition = original?.partition ?? partitionOf(drawn.sender_account_id, dials.partitions);
    const event = original === undefined ? edges.move(drawn, partition) : drawn;
    if (original === undefined) sent.push({ event, partition });
    const plain = { atMs, partition, key: event.sender_account_id, value: JSON.stringify(event) };
    const record = spellings.chance(dials.spelledChance) ? { ...plain, ...spelled(event, spellings) } : plain;
    const transaction = drawTransaction(rng, dials);
    records.push(transaction === undefined ? record : { ...record, transaction });
  }
  return records;
}

/** Sends it: at once, or in a transaction that `later` ends. */
export function send(
  record: WorkloadRecord,
  log: SimPartition,
  nowMs: number,
  later: (delayMs: number, action: () => void) => void,
): void {
  const { transaction } = record;
  const stored = toNewRecord(record, nowMs);
  if (transaction === undefined) {
    log.append([stored]);
    return;
  }
  log.appendOpen([stored]);
  later(transaction.openForMs, () => log.endTransaction(transaction.outcome, stored.timestampMs));
}

/** As the broker stores it, with the time at which it arrives. */
export function toNewRecord({ key, value, isBase64, timestampMs }: WorkloadRecord, nowMs: number): NewRecord {
  return {
    timestampMs: timestampMs ?? EPOCH_MS + nowMs,
    key: key === null ? null : Buffer.from(key),
    value: value === null ? null : Buffer.from(value, isBase64 === true ? 'base64' : 'utf8'),
  };
}

function drawEvent(rng: Rng, index: number, dials: WorkloadDials): Event {
  const lateMs = rng.chance(dials.lateChance) ? LATE_BY_MS : 0;
  // Behind the wall clock, so that only what is meant to be in the future is.
  const startMs = EPOCH_MS - dials.records * dials.eventStepMs;
  const sender = `s${rng.between(0, dials.senders - 1)}`;
  return {
    transaction_id: `t${index}`,
    sender_account_id: sender,
    receiver_account_id: `r${rng.between(0, 50)}`,
    amount: `${rng.between(1, 9_999)}.${rng.between(1, 99).toString().padStart(2, '0')}`,
    currency: rng.pick(CURRENCIES),
    device_id: `d${rng.between(0, 5)}`,
    ip_address: '192.0.2.1',
    timestamp: startMs + index * dials.eventStepMs - lateMs,
    region: rng.pick(REGIONS),
    payment_method: 'card',
  };
}

/** Moves some events to where a rule decides one way or the other by a millisecond, or by the last decimal. */
class Edges {
  readonly #rng: Rng;
  readonly #chance: number;
  readonly #newestMs = new Map<number, number>();
  readonly #lastOfSender = new Map<string, number>();

  constructor(rng: Rng, chance: number) {
    this.#rng = rng;
    this.#chance = chance;
  }

  move(drawn: Event, partition: number): Event {
    const newestMs = this.#newestMs.get(partition);
    const event = newestMs !== undefined && this.#rng.chance(this.#chance) ? this.#atEdge(drawn, newestMs) : drawn;
    this.#newestMs.set(partition, Math.max(newestMs ?? event.timestamp, event.timestamp));
    this.#lastOfSender.set(event.sender_account_id, event.timestamp);
    return event;
  }

  #atEdge(event: Event, newestMs: number): Event {
    const besideMs = this.#rng.pick([-1, 0, 0, 1]);
    const ofSender = this.#lastOfSender.get(event.sender_account_id) ?? newestMs;
    switch (this.#rng.pick(['watermark', 'watermark', 'window', 'activity', 'amount'] as const)) {
      case 'watermark':
        return { ...event, timestamp: newestMs - this.#rng.pick(WATERMARK_DELAYS_MS) + besideMs };
      case 'window':
        return { ...event, timestamp: Math.floor(newestMs / MINUTE_MS) * MINUTE_MS + besideMs };
      case 'activity':
        return { ...event, timestamp: ofSender + ACTIVITY_SPAN_MS + besideMs };
      case 'amount':
        return { ...event, amount: this.#rng.pick(['1000', '1000.000000001', '5000', '5000.01', '0.000000001']) };
    }
  }
}

function drawTransaction(rng: Rng, dials: WorkloadDials): WorkloadRecord['transaction'] {
  if (!rng.chance(dials.transactionChance)) return undefined;
  return { outcome: rng.chance(0.5) ? 'commit' : 'abort', openForMs: rng.between(1, 3_000) };
}

function copyOf(rng: Rng, event: Event, dials: WorkloadDials): Event {
  return rng.chance(dials.changedChance) ? { ...event, amount: `${rng.between(1, 999)}` } : event;
}

function partitionOf(sender: string, partitions: number): number {
  return Number(sender.slice(1)) % partitions;
}
