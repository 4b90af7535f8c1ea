/**
 * The independent recomputation: what each record of a partition must have become, straight from the contract (design,
 * section 3). Written for being obviously right, not for speed, and sharing no code with the fold. Memory: what is live
 * under the watermark; dead entries are swept now and then, which changes no answer since the watermark never goes back.
 * It also keeps the digest that a checkpoint there must have (state-digest.ts).
 */
import type {
  CheckpointCells,
  DecisionRules,
  FurtherCells,
  KnownCells,
  OwnershipFacts,
  RulesFrom,
  TopicRecord,
  TransactionCells,
} from '../inputs/verify-inputs.ts';
import { NO_DEVICE, SenderActivity } from './fraud-activity.ts';
import { type Hash, paymentHash, textHash } from './hashes.ts';
import { judge } from './judge.ts';
import type { OraclePayment, RejectedMust } from './judgement.ts';
import { knownEntry } from './known-elsewhere.ts';
import { billionths, limitBillionths, plainDecimal } from './money.ts';
import { OpenWindows, type OracleWindow } from './open-windows.ts';
import { ownText } from './own-text.ts';
import { livesFromMs, type Remembered, StateDigest } from './state-digest.ts';

export interface OracleFraud {
  readonly risk_amount: string;
  readonly txn_count_5min: number;
  readonly unique_devices_sender: number;
  readonly geographic_risk: number;
  readonly fraud_score: number;
  readonly is_high_risk: boolean;
}

export type { OracleWindow };

export type OracleOutcome =
  | {
      readonly disposition: 'accepted';
      readonly payment: OraclePayment;
      readonly fraud: OracleFraud;
      /** Windows that this record closed, in their order. */
      readonly closed: readonly OracleWindow[];
    }
  | {
      readonly disposition: 'duplicate';
      readonly payment: OraclePayment;
      /** Null where another pipeline wrote the payment. */
      readonly firstOffset: number | null;
      readonly conflict: boolean;
    }
  | { readonly disposition: 'late'; readonly payment: OraclePayment }
  | {
      readonly disposition: 'rejected';
      readonly must: RejectedMust;
    };

export interface OracleCounts {
  consumed: number;
  accepted: number;
  duplicate: number;
  late: number;
  rejected: number;
}

interface KnownId {
  readonly time: number;
  readonly offset: number;
  /** Null where another pipeline wrote the payment: nothing can contradict it. */
  readonly business: string | null;
  readonly hash: Hash;
}

/** A payment that another partition accepted before the topic got more of them. */
export interface CarriedPayment {
  readonly payment: OraclePayment;
  readonly offset: number;
}

const SWEEP_AT_LEAST = 20_000;
const NONE: FurtherCells = {};
const UNCOUNTED = { count: 0, devices: 0 };

export class PartitionOracle {
  readonly #facts: OwnershipFacts;
  readonly #known = new Map<string, KnownId>();
  readonly #windows: OpenWindows;
  readonly #activity: SenderActivity;
  readonly #digest = new StateDigest();
  #watermark = Number.NEGATIVE_INFINITY;
  /** Since the topic got more partitions: what lies before it is late, and forgotten. */
  #floor = Number.NEGATIVE_INFINITY;
  #partitionCount: number;
  #sweepAt = SWEEP_AT_LEAST;
  readonly counts: OracleCounts = { consumed: 0, accepted: 0, duplicate: 0, late: 0, rejected: 0 };

  constructor(facts: OwnershipFacts) {
    this.#facts = facts;
    this.#activity = new SenderActivity(facts.fixed.activitySpanMs);
    this.#windows = new OpenWindows(facts.fixed.windowMs);
    this.#partitionCount = facts.partitionCount;
  }

  /** The topic has more partitions from here on; what the others had accepted is known here, too. */
  startGeneration(
    partitions: number,
    floorMs: number,
    accepted: readonly CarriedPayment[],
    elsewhere: readonly KnownCells[] = [],
  ): void {
    this.#partitionCount = partitions;
    this.#floor = floorMs;
    this.#forget();
    for (const { payment, offset } of accepted) this.#remember(payment, offset);
    for (const row of elsewhere) this.#rememberId(row.transaction_id, knownEntry(row), null);
  }

  /** What is late, and what is known, goes by this. */
  get #now(): number {
    return Math.max(this.#watermark, this.#floor);
  }

  /** -Infinity while nothing was accepted. */
  get watermarkMs(): number {
    return this.#watermark;
  }

  /** The state_digest of a checkpoint taken now. */
  get digest(): string {
    // Before anything was accepted the watermark is the least event time that can be.
    const watermarkMs = Math.max(this.#watermark, this.#facts.fixed.minEventTimeMs);
    return this.#digest.text({ watermarkMs, ...this.counts }, this.#windows.all());
  }

  /** Starts from a checkpoint instead of the log's start: its watermark and counters are taken on trust. */
  trustCheckpoint(checkpoint: CheckpointCells): void {
    this.#watermark = checkpoint.watermark;
    const { consumed, accepted, duplicates, late, rejected } = checkpoint;
    Object.assign(this.counts, { consumed, accepted, duplicate: duplicates, late, rejected });
    this.#forget();
  }

  /** A stored payment below that checkpoint, taken on trust; to be called in offset order, after trustCheckpoint. */
  trustPayment(row: TransactionCells): void {
    const payment = storedPayment(row);
    this.#remember(payment, row.kafka_offset);
    if (this.#windows.endOf(payment.event_time) > this.#watermark) this.#windows.add(payment);
  }

  /** Takes the next record of the log. */
  take(record: TopicRecord): OracleOutcome {
    const entry = this.#entryAt(record.offset);
    const { decision: rules } = entry;
    this.counts.consumed++;
    const { partition, fixed, schemas } = this.#facts;
    const { minEventTimeMs } = fixed;
    const place = { partition, partitionCount: this.#partitionCount, rules, minEventTimeMs };
    const { payment, must } = judge(record, entry, schemas === undefined ? place : { ...place, schemas });
    if (payment === null) {
      this.counts.rejected++;
      return { disposition: 'rejected', must };
    }
    const first = this.#known.get(payment.transaction_id);
    if (first && this.#isKnownTime(first.time)) {
      this.counts.duplicate++;
      const conflict = first.business !== null && first.business !== businessText(payment);
      const firstOffset = first.business === null ? null : first.offset;
      return { disposition: 'duplicate', payment, firstOffset, conflict };
    }
    if (payment.event_time < this.#now) {
      this.counts.late++;
      return { disposition: 'late', payment };
    }
    return this.#accept(record.offset, payment, rules);
  }

  #accept(offset: number, payment: OraclePayment, rules: DecisionRules): OracleOutcome {
    this.counts.accepted++;
    this.#remember(payment, offset);
    const isCounted = rules.fraud.activity !== 'off';
    const seen = isCounted ? this.#activity.within(payment.sender_account_id, payment.event_time) : UNCOUNTED;
    const fraud = assess(payment, seen, rules.fraud);
    this.#windows.add(payment);
    this.#watermark = Math.max(this.#watermark, payment.event_time - rules.watermarkDelayMs);
    const closed = this.#windows.close(this.#watermark);
    this.#forget();
    this.#sweep();
    return { disposition: 'accepted', payment, fraud, closed };
  }

  #entryAt(offset: number): RulesFrom {
    const { history } = this.#facts;
    for (let at = history.length - 1; at > 0; at--) if (history[at]!.fromOffset <= offset) return history[at]!;
    return history[0]!;
  }

  #isKnownTime(eventTime: number): boolean {
    return eventTime >= this.#now - this.#facts.fixed.idHorizonMs;
  }

  /** Ids with an event time below it are forgotten; until then a digest counts them, known or not. */
  get #idsFrom(): number {
    return livesFromMs(this.#now, this.#facts.fixed.idHorizonMs);
  }

  /** The same for what senders did. */
  get #activityFrom(): number {
    return livesFromMs(this.#now, this.#facts.fixed.activitySpanMs);
  }

  /** As an id and as its sender's activity, as long as it lives as such. */
  #remember(payment: OraclePayment, offset: number): void {
    const { transaction_id, sender_account_id, device_id, event_time: time } = payment;
    const [id, sender, device] = [
      textHash(transaction_id),
      textHash(sender_account_id),
      textHash(device_id ?? NO_DEVICE),
    ];
    const hash = paymentHash(payment, id, sender, device);
    const entry = { time, offset, hash };
    if (time >= this.#activityFrom) {
      this.#activity.add(sender_account_id, time, device_id ?? NO_DEVICE);
      this.#digest.addActivity(entry, sender, device);
    }
    this.#rememberId(transaction_id, entry, businessText(payment), id);
  }

  #rememberId(transactionId: string, entry: Remembered, business: string | null, id = textHash(transactionId)): void {
    if (entry.time < this.#idsFrom) return;
    // Of several that were accepted under one id, the one with the latest event time: the others were forgotten by then.
    const held = this.#known.get(transactionId);
    if (held !== undefined && held.time >= entry.time) return;
    if (held !== undefined && held.time >= this.#idsFrom) this.#digest.removeId(held, id);
    this.#known.set(ownText(transactionId), { ...entry, business });
    this.#digest.addId(entry, id);
  }

  #forget(): void {
    this.#digest.forget(this.#idsFrom, this.#activityFrom);
  }

  #sweep(): void {
    if (this.#known.size < this.#sweepAt) return;
    for (const [id, { time }] of this.#known) if (time < this.#idsFrom) this.#known.delete(id);
    this.#activity.forgetBefore(this.#now);
    this.#sweepAt = Math.max(SWEEP_AT_LEAST, this.#known.size * 2);
  }
}

/** A stored row as the payment that it was. */
export function storedPayment(row: TransactionCells): OraclePayment {
  return { ...row, amount: billionths(plainDecimal(row.amount)) ?? 0n, columns: row.columns ?? NONE };
}

/** The business fields as one text: two payments are the same exactly if these are. */
export function businessText(payment: OraclePayment): string {
  const { sender_account_id, receiver_account_id, currency, device_id, ip_address, region, payment_method } = payment;
  return JSON.stringify([
    sender_account_id,
    receiver_account_id,
    String(payment.amount),
    currency,
    device_id,
    ip_address,
    payment.event_time,
    region,
    payment_method,
  ]);
}

function assess(
  payment: OraclePayment,
  seen: { readonly count: number; readonly devices: number },
  rules: DecisionRules['fraud'],
): OracleFraud {
  let risk = { name: 'LOW', points: rules.amountLowPoints };
  if (payment.amount > limitBillionths(rules.amountMedium.over))
    risk = { name: 'MEDIUM', points: rules.amountMedium.points };
  if (payment.amount > limitBillionths(rules.amountHigh.over)) risk = { name: 'HIGH', points: rules.amountHigh.points };
  let countPoints = 0;
  if (seen.count > rules.countMedium.over) countPoints = rules.countMedium.points;
  if (seen.count > rules.countHigh.over) countPoints = rules.countHigh.points;
  const devicePoints = seen.devices > rules.devices.over ? rules.devices.points : 0;
  const { region } = payment;
  const geographic =
    region === null
      ? 0
      : Object.hasOwn(rules.regionPoints, region)
        ? rules.regionPoints[region]!
        : rules.otherRegionPoints;
  const score = Math.min(rules.maxScore, risk.points + countPoints + devicePoints + geographic);
  return {
    risk_amount: risk.name,
    txn_count_5min: seen.count,
    unique_devices_sender: seen.devices,
    geographic_risk: geographic,
    fraud_score: score,
    is_high_risk: score > rules.highRiskOver,
  };
}
