/**
 * Fold version 2: numbers by their source text, no name twice, and reasons that name the cause. The reasons have an order
 * here, as documented: the first that applies is the one.
 */
import type { TopicRecord } from '../inputs/verify-inputs.ts';
import {
  duplicateReason,
  FIELD_LENGTH_MAX,
  FIRST_CLOCK_TIME_MS,
  keyHome,
  MEMBERS,
  type TEXT_FIELDS,
  TIMESTAMP_MAX_MS,
  valueProblem,
} from './event-rules.ts';
import { foreignForm } from './foreign-forms.ts';
import { type SourceMember, sourceMembers, unquoted } from './json-source.ts';
import type { Circumstances, Judgement } from './judgement.ts';
import { hideCards, maskedVersion2 } from './kept-payload.ts';
import { billionths, limitBillionths, literalBillionths } from './money.ts';

type TextField = (typeof TEXT_FIELDS)[number];

/** Of each in that order. */
const PLACES: ReadonlyMap<string, number> = new Map(MEMBERS.map((name, place) => [name, place]));
const NOTHING: readonly undefined[] = MEMBERS.map(() => undefined);
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function judgeVersion2(record: TopicRecord, circumstances: Circumstances): Judgement {
  const problem = valueProblem(record);
  if (problem !== null) return rejected(record, problem);
  const value = record.value!;
  const foreign = foreignForm(value);
  if (foreign !== null) return rejected(record, foreign);
  let text: string;
  try {
    text = strictUtf8.decode(value);
  } catch {
    return rejected(record, 'not_utf8');
  }
  const members = sourceMembers(text);
  if (typeof members === 'string') return rejected(record, members);
  const event = new SourceEvent(members);
  const reason = reasonAgainst(event, record, circumstances);
  if (reason !== null) return rejected(record, reason, event);
  const field = (name: TextField): string => event.text(name)!;
  return {
    payment: {
      transaction_id: field('transaction_id'),
      sender_account_id: field('sender_account_id'),
      receiver_account_id: field('receiver_account_id'),
      amount: event.amount() as bigint,
      currency: field('currency'),
      device_id: field('device_id'),
      ip_address: field('ip_address'),
      event_time: event.time() as number,
      region: field('region'),
      payment_method: field('payment_method'),
      columns: {},
    },
    must: null,
  };
}

function reasonAgainst(event: SourceEvent, record: TopicRecord, circumstances: Circumstances): string | null {
  const { partition, partitionCount, rules, minEventTimeMs } = circumstances;
  if (event.repeated !== null) return duplicateReason(event.repeated);
  for (const name of MEMBERS) {
    const state = event.stateOf(name);
    if (state !== 'right') return `field_${state}: ${name}`;
  }
  const amount = event.amount();
  if (amount === 'finer') return 'amount_not_exact';
  if (amount === 'larger' || (amount as bigint) <= 0n || (amount as bigint) > limitBillionths(rules.maxAmount))
    return 'amount_out_of_range';
  const time = event.time() as number;
  if (time > record.timestampMs + rules.allowedSkewMs)
    return record.timestampMs < FIRST_CLOCK_TIME_MS ? 'record_time_missing' : 'event_time_in_future';
  if (time < minEventTimeMs) return 'event_time_too_old';
  if (record.key === null) return 'key_missing';
  if (!isUtf8Of(record.key, event.text('sender_account_id')!)) return 'key_not_sender';
  if (rules.partitioner === 'murmur2' && keyHome(record.key, partitionCount) !== partition)
    return 'key_wrong_partition';
  return null;
}

function isUtf8Of(bytes: Uint8Array, text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code > 0x7f) return Buffer.from(text).equals(bytes);
    if (bytes[at] !== code) return false;
  }
  return bytes.length === text.length;
}

function rejected(record: TopicRecord, reason: string, event?: SourceEvent): Judgement {
  const [code = ''] = reason.split(':');
  const id = event?.text('transaction_id') ?? null;
  const time = event?.time() ?? null;
  return {
    payment: null,
    must: {
      reasons: new Set([code]),
      // Where in the text it stops being JSON is not recomputed.
      reason: code === 'not_json' ? null : reason,
      transactionIds: [id === null ? null : hideCards(id)],
      eventTimes: [time !== null && time >= 0 && time <= TIMESTAMP_MAX_MS ? time : null],
      payload: () => (record.value === null ? null : maskedVersion2(record.value, event?.readableTimeAt ?? null)),
    },
  };
}

/** An event as its source says it; of a name that comes twice, the first. */
class SourceEvent {
  /** By their place in MEMBERS; undefined where there is none. */
  readonly #known: (SourceMember | undefined)[] = NOTHING.slice();
  readonly #texts: (string | null | undefined)[] = NOTHING.slice();
  /** The first name that comes a second time. */
  readonly repeated: string | null = null;
  readonly #isTimeRepeated: boolean = false;
  #amount: { readonly is: bigint | 'finer' | 'larger' | null } | undefined;
  #time: { readonly is: number | null } | undefined;

  constructor(members: readonly SourceMember[]) {
    let others: Set<string> | undefined;
    for (const member of members) {
      const { name } = member;
      const place = PLACES.get(name);
      let isRepeated: boolean;
      if (place === undefined) {
        others ??= new Set();
        isRepeated = others.size === others.add(name).size;
      } else {
        isRepeated = this.#known[place] !== undefined;
        this.#known[place] ??= member;
      }
      if (!isRepeated) continue;
      this.repeated ??= name;
      if (name === 'timestamp') this.#isTimeRepeated = true;
    }
  }

  stateOf(name: (typeof MEMBERS)[number]): 'right' | 'missing' | 'invalid' {
    if (this.#member(name) === undefined) return 'missing';
    if (name === 'amount') return this.amount() === null ? 'invalid' : 'right';
    if (name === 'timestamp') return this.time() === null ? 'invalid' : 'right';
    const text = this.text(name);
    return text === null || (name === 'currency' && !/^[A-Z]{3}$/.test(text)) ? 'invalid' : 'right';
  }

  /** A valid text, or null. */
  text(name: TextField): string | null {
    const place = PLACES.get(name)!;
    const held = this.#texts[place];
    if (held !== undefined) return held;
    const text = this.#decoded(name);
    const isValid = text !== null && text !== '' && text.length <= FIELD_LENGTH_MAX && text.isWellFormed();
    this.#texts[place] = isValid ? text : null;
    return isValid ? text : null;
  }

  amount(): bigint | 'finer' | 'larger' | null {
    this.#amount ??= { is: this.#judgeAmount() };
    return this.#amount.is;
  }

  /** A safe integer, or null. */
  time(): number | null {
    this.#time ??= { is: this.#judgeTime() };
    return this.#time.is;
  }

  #judgeAmount(): bigint | 'finer' | 'larger' | null {
    const source = this.#member('amount')?.source ?? '';
    if (/^[-0-9]/.test(source)) return literalBillionths(source);
    const text = this.#decoded('amount');
    if (text === null || text.length > FIELD_LENGTH_MAX || !/^[0-9]+(\.[0-9]+)?$/.test(text)) return null;
    return (text.split('.')[1] ?? '').length > 9 ? 'finer' : billionths(text);
  }

  #judgeTime(): number | null {
    const source = this.#member('timestamp')?.source ?? '';
    if (!/^[-0-9]/.test(source)) return null;
    if (/^[0-9]{1,15}$/.test(source)) return Number(source); // exact: every integer of up to 15 digits is
    const size = literalBillionths(source);
    if (typeof size !== 'bigint' || size % 1_000_000_000n !== 0n) return null;
    const time = Number(size / 1_000_000_000n);
    return Number.isSafeInteger(time) ? time : null;
  }

  /** Where its time stands, if that is written as 13 digits and cannot be a card number of 13. */
  get readableTimeAt(): number | null {
    const member = this.#member('timestamp');
    if (member === undefined || this.#isTimeRepeated) return null;
    return /^[12][0-9]{12}$/.test(member.source) ? member.at : null;
  }

  #member(name: (typeof MEMBERS)[number]): SourceMember | undefined {
    return this.#known[PLACES.get(name)!];
  }

  #decoded(name: TextField | 'amount'): string | null {
    const source = this.#member(name)?.source ?? '';
    return source.startsWith('"') ? unquoted(source) : null;
  }
}
