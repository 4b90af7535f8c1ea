/**
 * Records of rules files, read twice: the fold's readers and the checkers' recomputation share no code, and must say the same of
 * every drawn record of every drawn rules file: the payment, its further columns and payload, or the whole row of a rejected one.
 * Records in Avro and Protobuf are of drawn schemas, and are written by writers of their own. PROVENONCE_AGREEMENT_RUNS draws more.
 */
import { expect, test } from 'vitest';
import { seededChance } from '../../payments/drawn/draw.ts';
import { drawRecordFor } from '../../payments/drawn/drawn-record.ts';
import { drawRules } from '../../payments/drawn/drawn-rules.ts';
import { drawSchemas } from '../../payments/drawn/drawn-schemas.ts';
import type { EventFormat } from '../../payments/rules/rules.ts';
import { loadedRules } from '../../payments/rules/rules-document.ts';
import { BASE_MS } from '../testing/history.ts';
import { readAlike, readersOf } from '../testing/read-alike.ts';

const RULES_DRAWN = Number(process.env.PROVENONCE_AGREEMENT_RUNS ?? 120);
const RECORDS_EACH = 24;
/** How often records became what. */
function readDrawn(formats: readonly EventFormat[] | undefined): ReadonlyMap<string, number> {
  const became = new Map<string, number>();
  for (let seed = 1; seed <= RULES_DRAWN; seed += 1) {
    const chance = seededChance(seed);
    const rules = drawRules(chance, formats);
    const schemas = drawSchemas(rules, chance);
    const readers = readersOf(rules, chance, schemas);
    for (let offset = 0; offset < RECORDS_EACH; offset += 1) {
      const place = { offset, nowMs: BASE_MS, ...(schemas === undefined ? {} : { schemas }) };
      const record = drawRecordFor(rules, chance, place);
      try {
        const what = readAlike(readers, record);
        became.set(what, (became.get(what) ?? 0) + 1);
      } catch (error) {
        const texts = [...(schemas?.values() ?? [])].map(({ source }) => [source.text, source.references]);
        throw new Error(
          `seed ${seed}, record ${offset}: ${(error as Error).message}\n${loadedRules(rules).text}\n` +
            `${JSON.stringify(texts)}\nkey ${record.key}, value ${record.value?.toString(schemas ? 'hex' : 'utf8')}`,
          { cause: error },
        );
      }
    }
  }
  return became;
}

/** So that it is known to have looked at what matters. */
function expectMet(became: ReadonlyMap<string, number>, reasons: readonly string[]): void {
  expect(became.get('payment')).toBeGreaterThan((RULES_DRAWN * RECORDS_EACH) / 5);
  for (const reason of reasons) expect({ reason, met: became.has(reason) }).toEqual({ reason, met: true });
}

const REASONS = ['not_a_payment', 'field_missing', 'field_invalid', 'timestamp_not_exact', 'column_invalid'];
const BY_SCHEMA = [...REASONS, 'not_wire_format', 'schema_rejected', 'value_undecodable', 'amount_not_exact'];
const TIMEOUT = { timeout: 60_000 + RULES_DRAWN * 100 };

test('drawn rules and drawn records: JSON and json-schema', TIMEOUT, () => expectMet(readDrawn(undefined), REASONS));

test('drawn rules, schemas and records: Avro', TIMEOUT, () => expectMet(readDrawn(['avro']), BY_SCHEMA));

test('drawn rules, schemas and records: Protobuf', TIMEOUT, () => expectMet(readDrawn(['protobuf']), BY_SCHEMA));
