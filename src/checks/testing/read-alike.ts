/**
 * Reads records of rules twice, by the fold's readers and by the checkers' recomputation, which share no code: both must say the same of
 * a record, its payment with the further columns and payload, or the whole row of a rejected one. For tests.
 */
import { expect } from 'vitest';
import { type Chance, oneIn } from '../../payments/drawn/draw.ts';
import type { DrawnSchema } from '../../payments/drawn/path-tree.ts';
import { canonicalJson } from '../../payments/event/event.ts';
import { formatHash, hashPayment } from '../../payments/event/hash.ts';
import { PaymentReader } from '../../payments/event/payment-reader.ts';
import { Rejection } from '../../payments/event/validation.ts';
import { rejectedRow } from '../../payments/exception-rows.ts';
import type { Rules } from '../../payments/rules/rules.ts';
import { loadedRules } from '../../payments/rules/rules-document.ts';
import {
  type CompiledSettings,
  compileSettings,
  DEFAULT_DECISION_SETTINGS,
  RULES_FOLD_VERSION,
} from '../../payments/settings.ts';
import type { LogRecord, Payment } from '../../payments/types.ts';
import { parseSchema } from '../../registry/parse-schema.ts';
import type { RulesFrom, StoredSchemas, TopicHeader, TopicRecord } from '../inputs/verify-inputs.ts';
import { hashText, paymentHash } from '../oracle/hashes.ts';
import { judge } from '../oracle/judge.ts';
import type { OraclePayment } from '../oracle/judgement.ts';
import { canonicalPayload } from '../oracle/kept-payload.ts';
import { BASE_MS } from './history.ts';
import { rejectedDifferences } from './rejected-row.ts';

const PLACE = { partition: 1, partitionCount: 2, minEventTimeMs: BASE_MS - 1e11 };

/** How both read, by one rules file. */
export interface Readers {
  readonly rules: Rules;
  readonly entry: RulesFrom;
  readonly settings: CompiledSettings;
  readonly reader: PaymentReader;
  readonly schemas: StoredSchemas;
}

/** `drawn`: the schemas of its records, by id. */
export function readersOf(rules: Rules, chance: Chance, drawn: ReadonlyMap<number, DrawnSchema> = new Map()): Readers {
  const partitioner = oneIn(chance, 8) ? 'murmur2' : 'any';
  const decision = { ...DEFAULT_DECISION_SETTINGS, partitioner } as const;
  const { revision, sha256, text } = loadedRules(rules);
  const schemas = new Map([...drawn].map(([id, { source }]) => [id, source]));
  const parsed = new Map([...schemas].map(([id, source]) => [id, parseSchema(source)]));
  return {
    rules,
    entry: { fromOffset: 0, foldVersion: 3, decision, rules: { revision, sha256, text } },
    settings: compileSettings(decision, RULES_FOLD_VERSION, rules),
    reader: new PaymentReader({ ...PLACE, schemas: { schemaOf: (id) => parsed.get(id) } }),
    schemas,
  };
}

/** What a record became, for both: `payment`, or the code of its reason. */
export function readAlike({ rules, entry, settings, reader, schemas }: Readers, record: LogRecord): string {
  const read = reader.read(record, settings);
  const judged = judge(topicRecord(rules, record), entry, { ...PLACE, rules: entry.decision, schemas });
  if (!(read instanceof Rejection)) {
    const folded = read.toPayment();
    const hash = hashPayment(folded);
    if (judged.payment === null) throw new Error(`a payment, and not: ${[...judged.must.reasons]}`);
    const both = [shown(comparable(folded)), canonicalJson(folded), formatHash(hash.high, hash.low)];
    const { payment } = judged;
    expectSame([shown(payment), canonicalPayload(payment), hashText(paymentHash(payment))], both);
    return 'payment';
  }
  if (judged.payment !== null) throw new Error(`no payment (${read.reason}), and one`);
  expectSame(rejectedDifferences(rejectedRow(record, read), topicRecord(rules, record), judged.must!), []);
  return read.code;
}

/** As expect(), at a hundredth of its cost. */
function expectSame(actual: unknown, expected: unknown): void {
  if (JSON.stringify(actual) !== JSON.stringify(expected)) expect(actual).toEqual(expected);
}

function shown(payment: OraclePayment): string {
  const { amount, columns, ...others } = payment;
  return JSON.stringify([Object.entries(others).sort(), String(amount), columns]);
}

function comparable(folded: Payment): OraclePayment {
  return {
    transaction_id: folded.transactionId,
    sender_account_id: folded.senderAccountId,
    receiver_account_id: folded.receiverAccountId ?? null,
    amount: folded.amount,
    currency: folded.currency,
    device_id: folded.deviceId ?? null,
    ip_address: folded.ipAddress ?? null,
    event_time: folded.eventTimeMs,
    region: folded.region ?? null,
    payment_method: folded.paymentMethod ?? null,
    columns: folded.further ?? {},
  };
}

/** With the headers that the rules may ask for. */
function topicRecord({ event, columns }: Rules, { offset, timestampMs, key, value, header }: LogRecord): TopicRecord {
  const paths = [
    ...Object.values(event.texts).map(({ path }) => path ?? ''),
    ...[...event.select, ...columns, event.amount, event.timestamp].map(({ path }) => path),
    ...(typeof event.key === 'object' ? [event.key.path] : []),
  ];
  const names = new Set(paths.filter((path) => path.startsWith('header:')).map((path) => path.slice(7)));
  const headers: TopicHeader[] = [...names].map((name) => ({ name, value: header?.(name) ?? null }));
  return { offset, timestampMs, key, value, headers };
}
