/**
 * Laws of the fold on records that drawn rules map, in JSON and in Avro: a result does not depend on which records are read together, and a state restored
 * from a local store or rebuilt from rows continues as if it had never stopped, with roles that are NULL too.
 */
import { expect, test } from 'vitest';
import { drawInteger, seededChance } from './drawn/draw.ts';
import { drawRecordFor } from './drawn/drawn-record.ts';
import { drawRules } from './drawn/drawn-rules.ts';
import { drawSchemas } from './drawn/drawn-schemas.ts';
import { parseAvro } from './event/avro/parse-avro.ts';
import type { SchemaBook } from './event/schema/event-schema.ts';
import { PartitionFold } from './fold.ts';
import { type CompiledSettings, compileSettings, DEFAULT_DECISION_SETTINGS, RULES_FOLD_VERSION } from './settings.ts';
import { emptyOutput, FIXED, PLACE, rowsOf, START_MS } from './testing/fold-fixture.ts';
import type { LogRecord } from './types.ts';

const RUNS = Number(process.env.PROVENONCE_RUNS ?? 80);
const RECORDS = 60;

interface Log {
  readonly settings: CompiledSettings;
  readonly records: readonly LogRecord[];
  readonly schemas: SchemaBook;
}

function drawLog(seed: number): Log {
  const chance = seededChance(seed);
  const rules = drawRules(chance, seed % 2 === 0 ? undefined : ['avro']);
  const drawn = drawSchemas(rules, chance);
  const parsed = new Map(
    [...(drawn ?? [])].map(
      ([
        id,
        {
          source: { text, references },
        },
      ]) => [id, { kind: 'avro', root: parseAvro(text, references) } as const],
    ),
  );
  const decision = { ...DEFAULT_DECISION_SETTINGS, watermarkDelayMs: 600_000, fraud: rules.fraud };
  let nowMs = START_MS;
  const records = Array.from({ length: RECORDS }, (_, offset) => {
    nowMs += drawInteger(chance, 0, 120_000);
    return drawRecordFor(rules, chance, { offset, nowMs, ...(drawn === undefined ? {} : { schemas: drawn }) });
  });
  return {
    settings: compileSettings(decision, RULES_FOLD_VERSION, rules),
    records,
    schemas: { schemaOf: (id) => parsed.get(id) },
  };
}

test('what a record becomes does not depend on the records that are read with it', () => {
  const seen = { accepted: 0, duplicate: 0, late: 0, rejected: 0 };
  const nulls = { device: 0, region: 0, further: 0 };
  for (let seed = 0; seed < RUNS; seed += 1) {
    const { settings, records, schemas } = drawLog(seed);
    const [alone, together] = [freshFold(schemas), freshFold(schemas)];
    const [left, right] = [emptyOutput(), emptyOutput()];
    for (const record of records) alone.fold(record, settings, left);
    together.foldAll(records, () => settings, right);
    expect(rowsOf(right), `seed ${seed}`).toEqual(rowsOf(left));
    expect(together.head()).toEqual(alone.head());
    expect(together.recomputeHead()).toEqual(alone.head());
    for (const { disposition } of right.exceptions) seen[disposition] += 1;
    for (const { payment, fraud } of right.accepted) {
      seen.accepted += 1;
      if (payment.deviceId === undefined) nulls.device += 1;
      if (payment.further !== undefined) nulls.further += 1;
      if (payment.region !== undefined) continue;
      nulls.region += 1;
      expect(fraud.geographicRisk).toBe(0);
    }
  }
  // Otherwise the drawn logs would not show it.
  for (const count of [...Object.values(seen), ...Object.values(nulls)]) expect(count).toBeGreaterThan(RUNS / 5);
});

test('a state that was restored or rebuilt continues as if it had never stopped', () => {
  for (let seed = 0; seed < RUNS; seed += 1) {
    const { settings, records, schemas } = drawLog(seed);
    const cut = drawInteger(seededChance(seed + 1), 0, RECORDS);
    const whole = freshFold(schemas);
    const before = emptyOutput();
    whole.foldAll(records, () => settings, before, 0, cut);
    const head = whole.head();
    const restored = PartitionFold.fromStored({ ...PLACE, schemas, stored: whole.export() });
    const rebuild = PartitionFold.rebuild({ ...PLACE, schemas, ...head });
    rebuild.add([...before.accepted]);
    const rebuilt = rebuild.finish();
    expect([restored.head(), rebuilt.head()], `seed ${seed}`).toEqual([head, head]);
    const [expected, ...others] = [whole, restored, rebuilt].map((fold) => {
      const out = emptyOutput();
      fold.foldAll(records, () => settings, out, cut);
      return [rowsOf(out), fold.head()];
    });
    for (const other of others) expect(other, `seed ${seed}`).toEqual(expected);
  }
});

function freshFold(schemas: SchemaBook): PartitionFold {
  return PartitionFold.fresh({ ...PLACE, schemas, fixed: FIXED, startOffset: 0 });
}
