/**
 * Judges what the paths of a mapping found in a record: a payment, or the first reason why it is none. The order of the checks is that
 * of docs/reference/reason-codes.md. It never throws, and the result depends only on the record, its settings and what its partition
 * fixed at seeding.
 */
import { memberOf, PAYMENT_COLUMNS, type PaymentColumn, textNumber } from '../../columns.ts';
import type { CompiledSettings } from '../../settings.ts';
import type { ReasonCode } from '../../types.ts';
import { maskCardNumbers } from '../card-numbers.ts';
import { FurtherValues } from '../further-values.ts';
import { partitionForKey } from '../murmur2.ts';
import type { PaymentBytes } from '../payment-bytes.ts';
import { FIRST_CLOCK_TIME_MS, type RecordPlace, Rejection } from '../validation.ts';
import type { CompiledMapping, CompiledSelect, CompiledText } from './compiled-mapping.ts';
import { type Keep, keepNothing } from './kept-bytes.ts';
import { type PathValues, VALUE_KIND } from './path-values.ts';
import { FurtherReader } from './roles/further-columns.ts';
import { RoleAmount } from './roles/role-amount.ts';
import { RoleText } from './roles/role-text.ts';
import { RoleTime } from './roles/role-time.ts';
import { FOUND, INVALID, MISSING, sameBytes, wholeNumberOf } from './roles/value-text.ts';

const ID = textNumber('transaction_id');
const SENDER = textNumber('sender_account_id');
const CURRENCY = textNumber('currency');
/**
 * A key from this length on belongs to nothing: of a long key in a large record the log may hold the beginning only, and no result may
 * depend on how a record was read.
 */
export const MIN_UNKNOWN_KEY_BYTES = 4_096;

/** The key of a record: [start, end) of the bytes; null if there is none. */
export interface RecordKey {
  bytes: Buffer | null;
  start: number;
  end: number;
}

export class MappedJudge {
  readonly #mapping: CompiledMapping;
  readonly #place: RecordPlace;
  readonly #keep: Keep;
  readonly #text = new RoleText();
  readonly #amount = new RoleAmount();
  readonly #time = new RoleTime();
  readonly #further: FurtherReader;

  constructor(mapping: CompiledMapping, place: RecordPlace, keep: Keep) {
    this.#mapping = mapping;
    this.#place = place;
    this.#keep = keep;
    this.#further = new FurtherReader(mapping);
  }

  /** Sets `payment`, whose scratch is that of `values`; or says why the record is none. */
  judge(
    values: PathValues,
    recordTimeMs: number,
    key: RecordKey,
    settings: CompiledSettings,
    payment: PaymentBytes,
  ): Rejection | null {
    for (const select of this.#mapping.select)
      if (!isSelected(select, values)) return new Rejection('not_a_payment', null, null, null, keepNothing);
    const wrong = this.#readRoles(values, payment);
    if (wrong !== null) return wrong;
    const reason =
      this.#amountReason(values, settings, payment) ??
      (this.#time.isExact ? this.#timeReason(recordTimeMs, settings) : 'timestamp_not_exact') ??
      this.#keyReason(values, key, settings, payment);
    if (reason !== null) return this.#reject(reason, null, values);
    payment.amount = this.#amount.amount;
    payment.eventTimeMs = this.#time.ms;
    if (payment.further?.columns !== this.#mapping.further)
      payment.further = new FurtherValues(this.#mapping.further, values.scratch);
    const column = this.#further.read(values, payment.further);
    if (column !== undefined) return this.#reject('column_invalid', column, values);
    payment.hashColumns();
    return null;
  }

  /** Reads the ten roles in their order: texts to `payment`, the others to #amount and #time. */
  #readRoles(values: PathValues, { texts }: PaymentBytes): Rejection | null {
    const { texts: roles, amount, timestamp } = this.#mapping;
    let text = 0;
    for (let at = 0; at < ROLE_KINDS.length; at += 1) {
      const kind = ROLE_KINDS[at];
      if (kind === 'text') {
        const role = roles[text] as CompiledText;
        const outcome = this.#text.read(role, values);
        if (outcome === INVALID) return this.#reject('field_invalid', ROLE_NAMES[at] as string, values);
        if (outcome === MISSING && role.isRequired)
          return this.#reject('field_missing', ROLE_NAMES[at] as string, values);
        texts[text]!.setRange(this.#text.start, this.#text.end);
        text += 1;
        continue;
      }
      const outcome = kind === 'decimal' ? this.#amount.read(amount, values) : this.#time.read(timestamp, values);
      if (outcome === FOUND) continue;
      return this.#reject(outcome === MISSING ? 'field_missing' : 'field_invalid', ROLE_NAMES[at] as string, values);
    }
    return null;
  }

  #amountReason(values: PathValues, settings: CompiledSettings, { texts }: PaymentBytes): ReasonCode | null {
    this.#amount.finish(values, texts[CURRENCY]!.start);
    const { amount, problem } = this.#amount;
    if (problem !== null) return problem;
    const most = typeof amount === 'number' ? settings.maxAmountNumber : settings.maxAmount;
    return amount <= 0 || amount > most ? 'amount_out_of_range' : null;
  }

  #timeReason(recordTimeMs: number, settings: CompiledSettings): ReasonCode | null {
    const { ms } = this.#time;
    if (ms > recordTimeMs + settings.allowedSkewMs)
      return recordTimeMs >= FIRST_CLOCK_TIME_MS ? 'event_time_in_future' : 'record_time_missing';
    return ms < this.#place.minEventTimeMs ? 'event_time_too_old' : null;
  }

  #keyReason(
    values: PathValues,
    { bytes, start, end }: RecordKey,
    settings: CompiledSettings,
    { texts }: PaymentBytes,
  ): ReasonCode | null {
    const { rule, path } = this.#mapping.key;
    if (rule !== 'any') {
      if (bytes === null) return 'key_missing';
      const isKnown = end - start < MIN_UNKNOWN_KEY_BYTES;
      const held = values.scratch.bytes;
      if (rule === 'path') {
        if (!isKnown || values.kinds[path] !== VALUE_KIND.text) return 'key_not_path';
        if (!sameBytes(bytes, start, end, held, values.starts[path] as number, values.ends[path] as number))
          return 'key_not_path';
      } else {
        const text = texts[rule === 'sender' ? SENDER : ID]!;
        if (!isKnown || !sameBytes(bytes, start, end, held, text.start, text.end))
          return rule === 'sender' ? 'key_not_sender' : 'key_not_transaction';
      }
    }
    if (!settings.checkPartitioner || bytes === null || end - start >= MIN_UNKNOWN_KEY_BYTES) return null;
    const { partition, partitionCount } = this.#place;
    return partitionForKey(bytes, partitionCount, start, end) === partition ? null : 'key_wrong_partition';
  }

  /** A row for repair: it has the id and the time where they are right. */
  #reject(code: ReasonCode, detail: string | null, values: PathValues): Rejection {
    const { texts, timestamp } = this.#mapping;
    const text = new RoleText();
    const id =
      text.read(texts[ID] as CompiledText, values) === FOUND
        ? maskCardNumbers(values.scratch.bytes.toString('utf8', text.start, text.end))
        : null;
    const time = new RoleTime();
    const hasTime = time.read(timestamp, values) === FOUND && time.isExact;
    return new Rejection(code, detail, id, hasTime ? time.ms : null, this.#keep);
  }
}

const ROLE_KINDS: readonly PaymentColumn['kind'][] = PAYMENT_COLUMNS.map(({ kind }) => kind);
const ROLE_NAMES: readonly string[] = PAYMENT_COLUMNS.map(memberOf);

function isSelected({ path, in: wanted }: CompiledSelect, values: PathValues): boolean {
  const kind = values.kinds[path];
  if (kind === VALUE_KIND.text) {
    const start = values.starts[path] as number;
    const end = values.ends[path] as number;
    for (const text of wanted) if (sameBytes(values.scratch.bytes, start, end, text, 0, text.length)) return true;
    return false;
  }
  const text = kind === VALUE_KIND.true ? 'true' : kind === VALUE_KIND.false ? 'false' : wholeNumberOf(values, path);
  return text !== undefined && wanted.some((each) => each.equals(Buffer.from(text)));
}
