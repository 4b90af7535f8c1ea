/** The schema registry port, and the parser of schemas: src/registry is the adapter of both. */
import type { EventSchema, SchemaSource } from '../../payments/event/schema/event-schema.ts';

export interface SchemaRegistry {
  /** As errors and waits name it: its address, without credentials. */
  readonly name: string;
  /** Undefined: the registry answers that it has no such id. Rejects where it gives no such answer: it is away, or refuses. */
  schema(id: number, signal: AbortSignal): Promise<SchemaSource | undefined>;
}

export interface SchemaParts {
  /** Undefined: none is configured, so only ids that the dataset has can be read. */
  readonly registry?: SchemaRegistry | undefined;
  /** Throws SchemaProblem for a schema that cannot be read. Depends on its text alone. */
  readonly parse: (source: SchemaSource) => EventSchema;
  readonly limits: SchemaLimits;
}

export interface SchemaLimits {
  /** How long an id that the registry does not know is asked for again, before it is a contradiction. */
  readonly unknownAfterMs: number;
  /** How long a registry may be away, before the process gives up. */
  readonly unreachableAfterMs: number;
  readonly backoffMinMs: number;
  readonly backoffMaxMs: number;
}
