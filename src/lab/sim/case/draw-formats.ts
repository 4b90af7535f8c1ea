/**
 * The format of a case's records, drawn apart from its rules: JSON mostly, else JSON, Avro or Protobuf in the wire format of a schema
 * registry. With Avro and Protobuf come schemas that follow each other in the topic, and what the registry does.
 */
import { drawAvroSchema } from '../../../payments/drawn/drawn-avro.ts';
import { drawProtobufSchema } from '../../../payments/drawn/drawn-protobuf.ts';
import { treeOf } from '../../../payments/drawn/given.ts';
import { type DrawnSchema, pathTree } from '../../../payments/drawn/path-tree.ts';
import type { EventFormat, Rules } from '../../../payments/rules/rules.ts';
import type { CaseRegistry, CaseSchema } from '../registry/sim-registry.ts';
import type { Rng } from '../world/rng.ts';
import type { CasePlan } from './case-plan.ts';
import type { WorkloadRecord } from './workload.ts';

export type EncodedValue = Pick<WorkloadRecord, 'value' | 'isBase64'>;

export interface CaseFormat {
  /** The same rules in the format. */
  readonly files: readonly Rules[];
  readonly parts: Pick<CasePlan, 'schemas' | 'registry'>;
  /** `share`: how much of the topic comes before the record, from 0 to 1. */
  encode(value: object, share: number): EncodedValue;
}

const FORMATS: readonly EventFormat[] = [
  'json',
  'json',
  'json',
  'json',
  'json-schema',
  'avro',
  'avro',
  'protobuf',
  'protobuf',
];
const DRAW = { avro: drawAvroSchema, protobuf: drawProtobufSchema } as const;
/** Types that rules do not take would reject every record of a schema. */
const DIALS = { oddEvery: 200, isWild: true, isHostile: false };

/** The registry does not know it, and rules in Avro and Protobuf declare it: spelled-events.ts names it too. */
const REJECTED_ID = 7;
const UNKNOWN_ID = 9;
const REJECTED_CHANCE = 0.4;
const UNKNOWN_CHANCE = 0.08;
const ODD_ID_CHANCE = 0.03;
/** Of a schema that is not the newest. */
const OLDER_CHANCE = 0.15;
const DAMAGE_CHANCE = 0.03;
const KEPT_CHANCE = 0.3;
const AWAY_CHANCE = 0.4;
const LATE_ID_CHANCE = 0.25;
const LATER_CHANCE = 0.3;
const GONE_CHANCE = 0.6;
/** The world heals at 30 s. */
const HEALED_BEFORE_MS = 29_000;

/** `mayStop`: records may name a schema that nobody knows, at which their partition stops. */
export function drawFormat(rules: readonly Rules[], mayStop: boolean, rng: Rng): CaseFormat {
  const format = rng.pick(FORMATS);
  if (format === 'json') return { files: rules, parts: {}, encode: (value) => ({ value: JSON.stringify(value) }) };
  const isBinary = format !== 'json-schema';
  const rejected = rng.chance(REJECTED_CHANCE) || isBinary ? [REJECTED_ID] : [];
  const unknown = isBinary && rng.chance(UNKNOWN_CHANCE) && mayStop ? [UNKNOWN_ID] : [];
  const kept = rng.chance(KEPT_CHANCE);
  const files = rules.map((one, index) => {
    // A later file may declare the id that stops everybody.
    const rejectSchemaIds = index > 0 && rng.chance(0.5) ? [...rejected, ...unknown] : rejected;
    return inFormat(one, { format, rejectSchemaIds, keepRejectedPayload: kept });
  });
  const oddIds = [...rejected, ...unknown];
  const head = (id: number): Buffer =>
    Buffer.from([0, 0, 0, 0, rng.chance(ODD_ID_CHANCE) && oddIds.length > 0 ? rng.pick(oddIds) : id]);
  if (!isBinary) {
    const encode = (value: object): EncodedValue => ({
      value: `${head(1).toString('latin1')}${JSON.stringify(value)}`,
    });
    return { files, parts: {}, encode };
  }
  const chance = (): number => rng.float();
  const tree = pathTree(files);
  const drawn = Array.from({ length: rng.between(1, 3) }, () => DRAW[format](tree, chance, DIALS));
  const schemas = drawn.map((one, index) => caseSchema(one, index + 1, drawn, rng));
  const encode = (value: object, share: number): EncodedValue => {
    const newest = Math.floor(share * drawn.length);
    const index = rng.chance(OLDER_CHANCE) ? rng.between(0, newest) : newest;
    const body = drawn[index]!.encode(treeOf(value), chance);
    const whole = Buffer.concat([head(index + 1), body]);
    const sent = rng.chance(DAMAGE_CHANCE) ? whole.subarray(0, whole.length - rng.between(1, 3)) : whole;
    return { value: sent.toString('base64'), isBase64: true };
  };
  return { files, parts: { schemas, registry: drawRegistry(unknown, rng) }, encode };
}

/** Without columns of a whole JSON value, which Avro and Protobuf do not have. */
function inFormat(
  rules: Rules,
  changes: Pick<Rules['event'], 'format' | 'rejectSchemaIds' | 'keepRejectedPayload'>,
): Rules {
  const isJson = changes.format === 'json-schema';
  const columns = rules.columns.filter(({ type }) => isJson || type !== 'json');
  return { ...rules, event: { ...rules.event, ...changes }, columns };
}

function caseSchema({ source }: DrawnSchema, id: number, all: readonly DrawnSchema[], rng: Rng): CaseSchema {
  const { kind, text, references } = source;
  const others = all.map((one) => one.source).filter((one) => one.text !== text && one.references.length === 0);
  const changes = rng.chance(LATER_CHANCE) && references.length === 0 && others.length > 0;
  return {
    id,
    kind,
    text,
    ...(references.length > 0 ? { references } : {}),
    ...(changes ? { later: rng.pick(others).text } : {}),
    ...(rng.chance(LATE_ID_CHANCE) ? { knownAtMs: rng.between(1_000, HEALED_BEFORE_MS) } : {}),
  };
}

/** Away at the start, or when a later schema comes; gone for good once it was of use. */
function drawRegistry(unknownIds: readonly number[], rng: Rng): CaseRegistry {
  const atStart = rng.chance(AWAY_CHANCE) ? [{ fromMs: 0, toMs: rng.between(1_000, 15_000) }] : [];
  const fromMs = rng.between(4_000, 20_000);
  const inMidRun = rng.chance(AWAY_CHANCE)
    ? [{ fromMs, toMs: Math.min(HEALED_BEFORE_MS, fromMs + rng.between(500, 12_000)) }]
    : [];
  const away = [...atStart, ...inMidRun];
  return {
    ...(away.length > 0 ? { away } : {}),
    ...(unknownIds.length > 0 ? { unknownIds } : rng.chance(GONE_CHANCE) ? { goesOnceStored: true } : {}),
  };
}
