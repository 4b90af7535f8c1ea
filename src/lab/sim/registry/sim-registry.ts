/**
 * A schema registry of a case: it may be away for a while, learn an id late, answer the first question for an id otherwise than all
 * later ones, and be gone for good once the dataset has every schema. A schema that was read once must never be asked for again.
 * Invariant: what it answers depends on virtual time, on how often it was asked, and on the rows of event_schemas.
 */
import type { SchemaReference, SchemaSource } from '../../../payments/event/schema/event-schema.ts';
import type { SchemaParts } from '../../../processor/ports.ts';
import { DEFAULT_SCHEMA_LIMITS } from '../../../processor/schemas/schema-limits.ts';
import { parseSchema } from '../../../registry/parse-schema.ts';
import type { World } from '../world/world.ts';

export interface CaseSchema {
  readonly id: number;
  /** Default: avro. */
  readonly kind?: SchemaSource['kind'];
  readonly text: string;
  readonly references?: readonly SchemaReference[];
  /** What the registry has under the id after the first answer, with the same references. Default: the same. */
  readonly later?: string;
  /** Virtual time before which the registry does not know the id. Default: 0. */
  readonly knownAtMs?: number;
}

export interface CaseRegistry {
  /** When it does not answer. All of it ends before the world heals. */
  readonly away?: readonly { readonly fromMs: number; readonly toMs: number }[];
  /** It is gone for good once the dataset has every schema that it knows. Not beside `unknownIds`. */
  readonly goesOnceStored?: boolean;
  /** Ids that records name and that it never knows: a partition may stop with `schema_unknown`. */
  readonly unknownIds?: readonly number[];
}

type RegistryWorld = Pick<World, 'nowMs' | 'stored' | 'context'>;

/** One for each run of a case: all its processes ask the same registry. */
export function simRegistry(
  schemas: readonly CaseSchema[],
  { away = [], goesOnceStored = false }: CaseRegistry,
  world: RegistryWorld,
): SchemaParts {
  const { marks, trace } = world.context;
  const answered = new Set<number>();
  const isGone = (): boolean =>
    goesOnceStored && new Set(world.stored.schemas().map((row) => row.schema_id)).size === schemas.length;
  return {
    registry: {
      name: 'the simulated registry',
      async schema(id): Promise<SchemaSource | undefined> {
        if (isGone() || away.some(({ fromMs, toMs }) => world.nowMs >= fromMs && world.nowMs < toMs)) {
          marks.hit('registry_away');
          throw new Error('the simulated registry is away');
        }
        const found = schemas.find((schema) => schema.id === id);
        if (found === undefined || world.nowMs < (found.knownAtMs ?? 0)) {
          if (found !== undefined) marks.hit('schema_not_known_yet');
          return undefined;
        }
        const { kind = 'avro', references = [] } = found;
        const text = answered.has(id) ? (found.later ?? found.text) : found.text;
        answered.add(id);
        trace.add('registry', `answers for schema ${id}`);
        return { kind, text, references };
      },
    },
    parse(source) {
      if (isGone()) marks.hit('schema_read_without_registry');
      return parseSchema(source);
    },
    limits: DEFAULT_SCHEMA_LIMITS,
  };
}
