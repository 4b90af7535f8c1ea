/**
 * A schema registry of a case. Where the case says so, it answers the first question for an id otherwise than all later ones: a schema
 * that was read once must never be asked for again. Invariant: what it answers depends on how often it was asked, and on nothing else.
 */
import type { SchemaSource } from '../../../payments/event/schema/event-schema.ts';
import type { SchemaParts } from '../../../processor/ports.ts';
import { DEFAULT_SCHEMA_LIMITS } from '../../../processor/schemas/schema-limits.ts';
import { parseSchema } from '../../../registry/parse-schema.ts';

export interface CaseSchema {
  readonly id: number;
  readonly text: string;
  /** What the registry has under the id after the first answer. Default: the same. */
  readonly later?: string | undefined;
}

/** One for each run of a case: all its processes ask the same registry. Avro alone. */
export function simRegistry(schemas: readonly CaseSchema[]): SchemaParts {
  const answered = new Set<number>();
  return {
    registry: {
      name: 'the simulated registry',
      async schema(id): Promise<SchemaSource | undefined> {
        const found = schemas.find((schema) => schema.id === id);
        if (found === undefined) return undefined;
        const text = answered.has(id) ? (found.later ?? found.text) : found.text;
        answered.add(id);
        return { kind: 'avro', text, references: [] };
      },
    },
    parse: parseSchema,
    limits: DEFAULT_SCHEMA_LIMITS,
  };
}
