/** How long a process waits for a schema. */
import type { SchemaLimits } from '../ports.ts';

export const DEFAULT_SCHEMA_LIMITS: SchemaLimits = Object.freeze({
  unknownAfterMs: 60_000,
  unreachableAfterMs: 600_000,
  backoffMinMs: 100,
  backoffMaxMs: 10_000,
});
