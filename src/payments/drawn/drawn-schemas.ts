/** The schemas of a topic whose records are read by drawn rules, by id. For tests. */
import type { Rules } from '../rules/rules.ts';
import { type Chance, drawInteger } from './draw.ts';
import { drawAvroSchema } from './drawn-avro.ts';
import { drawProtobufSchema } from './drawn-protobuf.ts';
import { type DrawnSchema, pathTree } from './path-tree.ts';

const WILD = { oddEvery: 40, isWild: true, isHostile: true };

/** One or two; undefined for rules whose records name none. */
export function drawSchemas(rules: Rules, chance: Chance): ReadonlyMap<number, DrawnSchema> | undefined {
  const { format } = rules.event;
  if (format !== 'avro' && format !== 'protobuf') return undefined;
  const draw = format === 'avro' ? drawAvroSchema : drawProtobufSchema;
  const ids = Array.from({ length: drawInteger(chance, 1, 2) }, (_, index) => index + 1);
  return new Map(ids.map((id) => [id, draw(pathTree([rules]), chance, WILD)]));
}
