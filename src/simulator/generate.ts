/**
 * The pure generator: a plan in, planned records out, one at a time. Same plan, same records, byte for byte. It keeps a
 * model of each partition's watermark to place late records and copies. `expected` is what the rules make of the record
 * if the log holds the records in this order and nothing else.
 */
import { CopySource, type Original } from './copies.ts';
import {
  type Account,
  anotherAmount,
  drawAccount,
  drawPayment,
  encodePayment,
  makeAccounts,
  type SimulatedPayment,
} from './event.ts';
import { malformedRecord } from './malformed.ts';
import { partitionOfKey } from './partitioner.ts';
import type { CopyDistance, MalformedKind, SimulationPlan } from './plan.ts';
import { createRandom, type Random } from './random.ts';

export const RECORD_KINDS = ['payment', 'duplicate', 'late', 'future', 'malformed', 'missing_key'] as const;
export type RecordKind = (typeof RECORD_KINDS)[number];

export interface PlannedCopy {
  readonly ofSeq: number;
  readonly distance: CopyDistance;
  /** `same`: byte for byte; `respelled`: the same payment written differently; `changed`: a business field differs. */
  readonly variant: 'same' | 'respelled' | 'changed';
}

export interface PlannedRecord {
  readonly seq: number;
  readonly kind: RecordKind;
  readonly expected: 'accepted' | 'duplicate' | 'late' | 'rejected';
  readonly copy: PlannedCopy | null;
  readonly malformed: MalformedKind | null;
  readonly partition: number;
  readonly key: string | null;
  readonly value: Buffer | null;
  /** The payment in the value; of a malformed record, the payment it was made from. */
  readonly payment: SimulatedPayment;
}

export function* generatePayments(plan: SimulationPlan): Generator<PlannedRecord, void, undefined> {
  const world = new World(plan);
  for (let seq = 0; seq < plan.count; seq++) yield world.record(seq);
}

class World {
  readonly #plan: SimulationPlan;
  readonly #random: Random;
  readonly #accounts: readonly Account[];
  readonly #copies: CopySource;
  readonly #watermarks: number[];

  constructor(plan: SimulationPlan) {
    this.#plan = plan;
    this.#random = createRandom(plan.seed);
    this.#accounts = makeAccounts(plan);
    this.#copies = new CopySource(plan);
    this.#watermarks = new Array<number>(plan.partitions).fill(Number.NEGATIVE_INFINITY);
  }

  record(seq: number): PlannedRecord {
    const plan = this.#plan;
    let draw = this.#random.next();
    const falls = (share: number): boolean => {
      draw -= share;
      return draw < 0;
    };
    if (falls(plan.duplicateShare)) return this.#copy(seq) ?? this.#fresh(seq, 'payment');
    if (falls(plan.lateShare)) return this.#fresh(seq, 'late');
    if (falls(plan.futureShare)) return this.#fresh(seq, 'future');
    if (falls(plan.malformedShare)) return this.#malformed(seq);
    if (falls(plan.missingKeyShare)) return this.#fresh(seq, 'missing_key');
    return this.#fresh(seq, 'payment');
  }

  #place(seq: number): number {
    const { baseTimeMs, spanMs, count, jitterMs } = this.#plan;
    const placeMs = baseTimeMs + Math.floor((seq / count) * spanMs);
    return placeMs - this.#random.below(Math.floor(jitterMs) + 1);
  }

  #fresh(seq: number, asked: 'payment' | 'late' | 'future' | 'missing_key'): PlannedRecord {
    const plan = this.#plan;
    const sender = drawAccount(plan, this.#accounts, this.#random);
    const watermark = this.#watermarks[sender.partition]!;
    // Nothing can be late before there is a watermark.
    const kind = asked === 'late' && watermark === Number.NEGATIVE_INFINITY ? 'payment' : asked;
    let eventTimeMs = this.#place(seq);
    if (kind === 'future') eventTimeMs = plan.futureFromMs + this.#random.below(60_000);
    if (kind === 'late') eventTimeMs = watermark - 1 - this.#random.below(Math.floor(plan.lateByMs) + 1);
    const payment = drawPayment(plan, this.#random, this.#accounts, { seq, sender, eventTimeMs });

    const rejected = kind === 'future' || kind === 'missing_key';
    const expected = rejected ? 'rejected' : eventTimeMs < watermark ? 'late' : 'accepted';
    if (expected === 'accepted') {
      this.#watermarks[sender.partition] = Math.max(watermark, eventTimeMs - plan.watermarkDelayMs);
      this.#copies.remember({ seq, partition: sender.partition, payment });
    }
    const partition = kind === 'missing_key' ? this.#random.below(plan.partitions) : sender.partition;
    const key = kind === 'missing_key' ? null : sender.id;
    const value = Buffer.from(encodePayment(payment));
    return { seq, kind, expected, copy: null, malformed: null, partition, key, value, payment };
  }

  #copy(seq: number): PlannedRecord | undefined {
    const { distances, changedShare } = this.#plan;
    const asked = distances[this.#random.below(distances.length)]!;
    const picked = this.#copies.pick(asked, this.#random, (partition) => this.#watermarks[partition]!);
    if (!picked) return undefined;
    const { original, distance } = picked;
    const changed = this.#random.chance(changedShare);
    const variant = changed ? 'changed' : this.#random.chance(0.25) ? 'respelled' : 'same';
    const payment = changed ? this.#change(original) : original.payment;
    const { partition } = original;
    const late = payment.eventTimeMs < this.#watermarks[partition]!;
    return {
      seq,
      kind: 'duplicate',
      expected: late ? 'late' : 'duplicate',
      copy: { ofSeq: original.seq, distance, variant },
      malformed: null,
      partition,
      key: payment.sender,
      value: Buffer.from(encodePayment(payment, variant === 'respelled')),
      payment,
    };
  }

  #change({ payment }: Original): SimulatedPayment {
    if (this.#random.chance(0.3)) return { ...payment, device: `${payment.device}-other` };
    const amount = anotherAmount(payment.amount);
    return { ...payment, amount, amountAsNumber: payment.amountAsNumber && amount.length <= 14 };
  }

  #malformed(seq: number): PlannedRecord {
    const { malformedKinds, partitions } = this.#plan;
    const kind = malformedKinds[this.#random.below(malformedKinds.length)]!;
    const sender = drawAccount(this.#plan, this.#accounts, this.#random);
    const facts = { seq, sender, eventTimeMs: this.#place(seq) };
    const payment = drawPayment(this.#plan, this.#random, this.#accounts, facts);
    const { value, key, partitionShift } = malformedRecord(kind, payment, this.#random);
    const partition = (partitionOfKey(key, partitions) + partitionShift) % partitions;
    return {
      seq,
      kind: 'malformed',
      expected: 'rejected',
      copy: null,
      malformed: kind,
      partition,
      key,
      value,
      payment,
    };
  }
}
