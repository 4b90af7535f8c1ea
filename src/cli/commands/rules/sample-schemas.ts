/** The schemas that the records of a sample name, from the registry alone: nothing is stored. For trying rules. */
import { readFileSync } from 'node:fs';
import { ConfigurationError, UnreachableError } from '../../../base/errors.ts';
import {
  type EventSchema,
  type SchemaBook,
  SchemaProblem,
  type SchemaSource,
} from '../../../payments/event/schema/event-schema.ts';
import { compileSchema } from '../../../payments/event/schema/schema-reader.ts';
import type { CompiledSettings } from '../../../payments/settings.ts';
import type { SchemaParts } from '../../../processor/ports.ts';
import { wantedSchema } from '../../../processor/schemas/wanted-schemas.ts';
import { parseSchema } from '../../../registry/parse-schema.ts';
import { schemaIdIn } from '../../../rules-check/decode-sample.ts';
import type { SampleRecord } from '../../../rules-check/sample.ts';
import { parseSettings } from '../../config/parse-settings.ts';
import { REGISTRY_SETTINGS, registryProblems, schemaParts } from '../../config/registry-config.ts';

/** Schemas that a proposal looks at. */
const SCHEMAS_MOST = 20;
const PATIENCE_MS = 30_000;
const readText = (path: string): string => readFileSync(path, 'utf8');

export interface SampleSchemas {
  readonly book: SchemaBook;
  readonly sources: ReadonlyMap<number, SchemaSource>;
}

/** Throws ConfigurationError for an id that cannot be had, or whose schema cannot be used with the rules. */
export async function schemasOf(
  sample: readonly SampleRecord[],
  { mapping }: CompiledSettings,
  flags: Readonly<Record<string, string>>,
): Promise<SampleSchemas> {
  const sources = new Map<number, SchemaSource>();
  const schemas = new Map<number, EventSchema>();
  const book: SchemaBook = { schemaOf: (id) => schemas.get(id) };
  for (const { record } of sample) {
    const id = mapping === null ? undefined : wantedSchema(record, mapping);
    if (id === undefined || mapping === null || schemas.has(id)) continue;
    const source = await sourceFromRegistry(id, flags);
    const schema = parsed(id, source);
    sources.set(id, source);
    try {
      compileSchema(schema, mapping);
    } catch (error) {
      throw error instanceof SchemaProblem ? unusable(id, error) : error;
    }
    schemas.set(id, schema);
  }
  return { book, sources };
}

/** Those that a registry has, of records that begin like the wire format. Without a registry none: the values may be JSON. */
export async function sourcesOf(
  sample: readonly SampleRecord[],
  flags: Readonly<Record<string, string>>,
): Promise<Map<number, SchemaSource>> {
  const sources = new Map<number, SchemaSource>();
  const { registry } = partsOf(flags);
  const ids = new Set(sample.flatMap((one) => schemaIdIn(one) ?? []));
  if (registry === undefined) return sources;
  for (const id of [...ids].slice(0, SCHEMAS_MOST)) {
    const source = await registry.schema(id, AbortSignal.timeout(PATIENCE_MS)).catch((error: unknown) => {
      // A schema of JSON is none that values are decoded with.
      if (error instanceof SchemaProblem) return undefined;
      throw unreachable(registry.name, id, error);
    });
    if (source !== undefined) sources.set(id, source);
  }
  return sources;
}

function partsOf(flags: Readonly<Record<string, string>>): SchemaParts {
  const { values, problems } = parseSettings(REGISTRY_SETTINGS, process.env, flags);
  const found = values === undefined ? problems : registryProblems(values, readText);
  if (values === undefined || found.length > 0) throw new ConfigurationError(found);
  return schemaParts(values, PATIENCE_MS, readText);
}

function unreachable(name: string, id: number, cause: unknown): UnreachableError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new UnreachableError(`${name} gives no schema ${id}: ${why}`, { cause });
}

async function sourceFromRegistry(id: number, flags: Readonly<Record<string, string>>): Promise<SchemaSource> {
  const { registry } = partsOf(flags);
  if (registry === undefined)
    throw new ConfigurationError([`records name schema ${id}: set SCHEMA_REGISTRY_URL to the registry that has it`]);
  const source = await registry.schema(id, AbortSignal.timeout(PATIENCE_MS)).catch((cause: unknown) => {
    throw cause instanceof SchemaProblem ? unusable(id, cause) : unreachable(registry.name, id, cause);
  });
  if (source === undefined)
    throw new ConfigurationError([
      `${registry.name} does not know schema ${id}. If nobody has it: event.reject_schema_ids: [${id}] in the rules file makes rows of its records`,
    ]);
  return source;
}

function parsed(id: number, source: SchemaSource): EventSchema {
  try {
    return parseSchema(source);
  } catch (error) {
    throw error instanceof SchemaProblem ? unusable(id, error) : error;
  }
}

function unusable(id: number, problem: SchemaProblem): ConfigurationError {
  return new ConfigurationError([`schema ${id} cannot be used: ${problem.message}`]);
}
