/**
 * Fold version 3: by the rules of a rules file, which stand in the dataset as text. The checks come in the documented order
 * (docs/reference/rules-file.md, "Order of the checks"): the first that fails is the reason.
 */
import type { StoredSchemas, TopicRecord } from '../inputs/verify-inputs.ts';
import {
  duplicateReason,
  FIRST_CLOCK_TIME_MS,
  keyHome,
  MEMBERS,
  TEXT_FIELDS,
  TIMESTAMP_MAX_MS,
  valueProblem,
} from './event-rules.ts';
import type { Circumstances, Judgement } from './judgement.ts';
import { hideCards, maskedVersion2 } from './kept-payload.ts';
import { decode, KEY_BYTES_MAX } from './mapped/decoded.ts';
import { MappedEvent } from './mapped/mapped-event.ts';
import { type OracleRules, readRulesText } from './mapped/oracle-rules.ts';
import { limitBillionths } from './money.ts';

const REQUIRED: readonly string[] = ['transaction_id', 'sender_account_id', 'amount', 'currency', 'timestamp'];
const NO_SCHEMAS: StoredSchemas = new Map();
const BINARY_KEPT_BYTES = 4_096;
/** Reasons whose detail is not recomputed: where in the value it stops being what it should be. */
const WITHOUT_DETAIL: readonly string[] = ['not_json', 'value_undecodable'];

export function judgeVersion3(record: TopicRecord, rulesText: string, circumstances: Circumstances): Judgement {
  const rules = readRulesText(rulesText);
  const { event } = rules;
  const problem = valueProblem(record);
  if (problem === 'no_value') return rejected(record, rules, event.select.length > 0 ? 'not_a_payment' : problem);
  if (problem !== null) return rejected(record, rules, problem);
  const decoded = decode(record.value!, rules, circumstances.schemas ?? NO_SCHEMAS);
  if (typeof decoded === 'string') return rejected(record, rules, decoded);
  const mapped = new MappedEvent(rules, record, decoded);
  const { repeatedName } = mapped;
  if (repeatedName !== undefined) return rejected(record, rules, duplicateReason(repeatedName));
  const { columns, invalid } = mapped.columns;
  const reason = reasonAgainst(mapped, record, rules, circumstances) ?? (invalid && `column_invalid: ${invalid}`);
  if (reason !== null) return rejected(record, rules, reason, reason === 'not_a_payment' ? undefined : mapped);
  const texts = Object.fromEntries(TEXT_FIELDS.map((role) => [role, mapped.text(role)]));
  return {
    payment: {
      transaction_id: texts.transaction_id!,
      sender_account_id: texts.sender_account_id!,
      receiver_account_id: texts.receiver_account_id ?? null,
      amount: mapped.amount as bigint,
      currency: texts.currency!,
      device_id: texts.device_id ?? null,
      ip_address: texts.ip_address ?? null,
      event_time: mapped.timeMs!,
      region: texts.region ?? null,
      payment_method: texts.payment_method ?? null,
      columns: columns!,
    },
    must: null,
  };
}

/** Of everything before the columns. */
function reasonAgainst(
  mapped: MappedEvent,
  record: TopicRecord,
  { event }: OracleRules,
  { partition, partitionCount, rules, minEventTimeMs }: Circumstances,
): string | null {
  if (!mapped.isSelected) return 'not_a_payment';
  const { amount } = mapped;
  for (const role of MEMBERS) {
    const state = role === 'amount' ? amount : role === 'timestamp' ? mapped.time : mapped.textState(role);
    if (state === 'invalid') return `field_invalid: ${role}`;
    if (state === 'missing' && REQUIRED.includes(role)) return `field_missing: ${role}`;
  }
  if (amount === 'currency_unknown') return amount;
  if (amount === 'finer') return 'amount_not_exact';
  if (typeof amount !== 'bigint' || amount <= 0n || amount > limitBillionths(rules.maxAmount))
    return 'amount_out_of_range';
  const time = mapped.timeMs;
  if (time === null) return 'timestamp_not_exact';
  if (time > record.timestampMs + rules.allowedSkewMs)
    return record.timestampMs < FIRST_CLOCK_TIME_MS ? 'record_time_missing' : 'event_time_in_future';
  if (time < minEventTimeMs) return 'event_time_too_old';
  const wrongKey = event.key === 'any' ? null : keyReason(mapped, record.key, event.key);
  if (wrongKey !== null) return wrongKey;
  const isElsewhere =
    record.key !== null && record.key.length <= KEY_BYTES_MAX && keyHome(record.key, partitionCount) !== partition;
  return rules.partitioner === 'murmur2' && isElsewhere ? 'key_wrong_partition' : null;
}

function keyReason(
  mapped: MappedEvent,
  key: Uint8Array | null,
  rule: Exclude<OracleRules['event']['key'], 'any'>,
): string | null {
  if (key === null) return 'key_missing';
  const isKnown = key.length <= KEY_BYTES_MAX;
  if (typeof rule === 'object')
    return isKnown && isUtf8Of(key, mapped.textAtKeyPath(rule.path)) ? null : 'key_not_path';
  if (rule === 'sender') return isUtf8Of(key, mapped.text('sender_account_id')) ? null : 'key_not_sender';
  return isUtf8Of(key, mapped.text('transaction_id')) ? null : 'key_not_transaction';
}

function isUtf8Of(bytes: Uint8Array, text: string | null): boolean {
  return text !== null && Buffer.from(text).equals(bytes);
}

/** `mapped`: where the form is right, and `select` says that it is a payment. */
function rejected(record: TopicRecord, rules: OracleRules, reason: string, mapped?: MappedEvent): Judgement {
  const [code = ''] = reason.split(':');
  const id = mapped?.text('transaction_id') ?? null;
  const time = mapped?.timeMs ?? null;
  return {
    payment: null,
    must: {
      reasons: new Set([code]),
      reason: WITHOUT_DETAIL.includes(code) ? null : reason,
      transactionIds: [id === null ? null : hideCards(id)],
      eventTimes: [time !== null && time >= 0 && time <= TIMESTAMP_MAX_MS ? time : null],
      payload: () => (code === 'not_a_payment' ? null : keptPayload(record, rules)),
    },
  };
}

/** Masked with no digits left readable; of binary formats nothing, unless the rules ask for it. */
function keptPayload({ value }: TopicRecord, { event }: OracleRules): string | null {
  if (value === null) return null;
  if (event.format === 'json' || event.format === 'json-schema') return maskedVersion2(value, null);
  return event.keepRejectedPayload ? Buffer.from(value.subarray(0, BINARY_KEPT_BYTES)).toString('base64') : null;
}
