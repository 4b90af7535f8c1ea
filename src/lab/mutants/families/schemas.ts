/**
 * Cases whose records are in Avro, with two schemas, and a registry that says something else once a schema was read. The bytes are
 * ASCII: a workload is text.
 */
import { canonicalRules } from '../../../payments/rules/rules-document.ts';
import { DEFAULT_DECISION_SETTINGS } from '../../../payments/settings.ts';
import type { CasePlan } from '../../sim/case/case-plan.ts';
import { CALM } from '../../sim/case/noise.ts';
import { DEFAULT_DIALS, drawWorkload, type WorkloadRecord } from '../../sim/case/workload.ts';
import type { Rng } from '../../sim/world/rng.ts';
import { base, RECORDS, restartsAndLostDisk, SPAN_MS } from './base.ts';

const DAMAGED_CHANCE = 0.05;
const FIELDS = ['transaction_id', 'sender_account_id', 'currency', 'amount', 'timestamp', 'region'];

/** The second schema has the sender and the currency in each other's place, and a number in front. */
function schemaText(second: boolean): string {
  const names = second ? FIELDS.map((name) => SWAPPED[name] ?? name) : FIELDS;
  const texts = names.map((name) => ({ name, type: name === 'region' ? ['null', 'string'] : 'string' }));
  return JSON.stringify({ type: 'record', name: 'P', fields: [{ name: 'quantity', type: 'int' }, ...texts] });
}

const SWAPPED: Readonly<Record<string, string>> = {
  sender_account_id: 'currency',
  currency: 'sender_account_id',
};

const RULES = canonicalRules({
  revision: 1,
  event: {
    format: 'avro',
    select: [],
    key: 'sender',
    rejectSchemaIds: [],
    keepRejectedPayload: false,
    texts: {
      transaction_id: { path: '/transaction_id' },
      sender_account_id: { path: '/sender_account_id' },
      currency: { path: '/currency' },
      region: { path: '/region' },
    },
    amount: { path: '/amount' },
    timestamp: { path: '/timestamp' },
  },
  columns: [{ name: 'quantity', path: '/quantity', type: 'int64' }],
  fraud: DEFAULT_DECISION_SETTINGS.fraud,
});

export function schemasCase(rng: Rng, seed: number): CasePlan {
  const dials = { ...DEFAULT_DIALS, seed, records: RECORDS, spanMs: SPAN_MS, duplicateChance: 0.2, lateChance: 0.1 };
  const workload = drawWorkload({ ...dials, partitions: 1 }).map((record) => avroRecord(record, rng));
  const drawn = base(rng, seed, { processes: ['a', 'b'], workload });
  const faults = restartsAndLostDisk(rng);
  return {
    ...drawn,
    noise: { ...CALM, latencyMsMax: rng.pick([20, 150]) },
    faults,
    rules: { files: [RULES], byLife: {} },
    schemas: [
      { id: 1, text: schemaText(false), later: schemaText(true) },
      { id: 2, text: schemaText(true), later: schemaText(false) },
    ],
  };
}

function avroRecord(record: WorkloadRecord, rng: Rng): WorkloadRecord {
  let event: Readonly<Record<string, unknown>>;
  try {
    event = JSON.parse(record.value ?? '') as Readonly<Record<string, unknown>>;
  } catch {
    return record;
  }
  if (typeof event?.transaction_id !== 'string') return record;
  const isSecond = rng.chance(0.5);
  const names = isSecond ? FIELDS.map((name) => SWAPPED[name] ?? name) : FIELDS;
  const texts = names.map((name) => {
    if (name === 'region' && rng.chance(0.2)) return String.fromCharCode(0);
    const text = String(event[name]);
    // Lengths are zigzag varints: below 64 they are one byte of ASCII.
    const sized = text.length < 64 ? text : text.slice(0, 63);
    return `${name === 'region' ? '\u0002' : ''}${String.fromCharCode(2 * sized.length)}${sized}`;
  });
  const quantity = String.fromCharCode(rng.between(0, 20));
  const whole = `\u0000\u0000\u0000\u0000${isSecond ? '\u0002' : '\u0001'}${quantity}${texts.join('')}`;
  return { ...record, value: rng.chance(DAMAGED_CHANCE) ? whole.slice(0, -3) : whole };
}
