/**
 * Records of rules files, read twice: the fold's readers and the checkers' recomputation share no code, and must say the same of
 * every drawn record of every drawn rules file: the payment, its further columns and payload, or the whole row of a rejected one.
 * PROVENONCE_AGREEMENT_RUNS draws more.
 */
import { expect, test } from 'vitest';
import { type Chance, oneIn, seededChance } from '../../payments/drawn/draw.ts';
import { drawRecordFor } from '../../payments/drawn/drawn-record.ts';
import { drawRules } from '../../payments/drawn/drawn-rules.ts';
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
import { hashText, paymentHash } from '../oracle/hashes.ts';
import { judge } from '../oracle/judge.ts';
import type { OraclePayment } from '../oracle/judgement.ts';
import { canonicalPayload } from '../oracle/kept-payload.ts';
import { BASE_MS } from '../testing/history.ts';
import { rejectedDifferences } from '../testing/rejected-row.ts';
import type { RulesFrom, TopicHeader, TopicRecord } from './verify-inputs.ts';

const PLACE = { partition: 1, partitionCount: 2, minEventTimeMs: BASE_MS - 1e11 };
const RULES_DRAWN = Number(process.env.PROVENONCE_AGREEMENT_RUNS ?? 120);
const RECORDS_EACH = 24;

/** How both read, by one rules file. */
interface Readers {
  readonly rules: Rules;
  readonly entry: RulesFrom;
  readonly settings: CompiledSettings;
  readonly reader: PaymentReader;
}

function readersOf(rules: Rules, chance: Chance): Readers {
  const partitioner = oneIn(chance, 8) ? 'murmur2' : 'any';
  const decision = { ...DEFAULT_DECISION_SETTINGS, partitioner } as const;
  const { revision, sha256, text } = loadedRules(rules);
  return {
    rules,
    entry: { fromOffset: 0, foldVersion: 3, decision, rules: { revision, sha256, text } },
    settings: compileSettings(decision, RULES_FOLD_VERSION, rules),
    reader: new PaymentReader(PLACE),
  };
}

/** What a drawn record became, for both. */
function readAlike({ rules, entry, settings, reader }: Readers, record: LogRecord): string {
  const read = reader.read(record, settings);
  const judged = judge(topicRecord(rules, record), entry, { ...PLACE, rules: entry.decision });
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

test('drawn rules and drawn records: JSON and json-schema', { timeout: 60_000 + RULES_DRAWN * 100 }, () => {
  const became = new Map<string, number>();
  for (let seed = 1; seed <= RULES_DRAWN; seed += 1) {
    const chance = seededChance(seed);
    const rules = drawRules(chance);
    const readers = readersOf(rules, chance);
    for (let offset = 0; offset < RECORDS_EACH; offset += 1) {
      const record = drawRecordFor(rules, chance, { offset, nowMs: BASE_MS });
      try {
        const what = readAlike(readers, record);
        became.set(what, (became.get(what) ?? 0) + 1);
      } catch (error) {
        throw new Error(
          `seed ${seed}, record ${offset}: ${(error as Error).message}\n${loadedRules(rules).text}\n` +
            `key ${record.key}, value ${record.value}`,
          { cause: error },
        );
      }
    }
  }
  // So that it is known to have looked at what matters.
  expect(became.get('payment')).toBeGreaterThan((RULES_DRAWN * RECORDS_EACH) / 5);
  const reasons = ['not_a_payment', 'field_missing', 'field_invalid', 'timestamp_not_exact', 'column_invalid'];
  for (const reason of reasons) expect({ reason, met: became.has(reason) }).toEqual({ reason, met: true });
});
