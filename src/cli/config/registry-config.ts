/** The settings of a schema registry, and the adapter that they give. */
import { ConfigurationError } from '../../base/errors.ts';
import type { SchemaParts } from '../../processor/ports.ts';
import { DEFAULT_SCHEMA_LIMITS } from '../../processor/schemas/schema-limits.ts';
import { ConfluentRegistry } from '../../registry/confluent-registry.ts';
import { parseSchema } from '../../registry/parse-schema.ts';
import { optional, setting, type Values } from './setting.ts';
import { duration, registryUrl, text } from './setting-kinds.ts';

/** The address of the registry that records' schemas come from. */
export const REGISTRY_SETTINGS = {
  registryUrl: optional(
    'SCHEMA_REGISTRY_URL',
    registryUrl,
    "Schema registry with Confluent's API, for records in Avro or Protobuf (Apicurio: its address and /apis/ccompat/v7).",
  ),
  registryUser: optional('SCHEMA_REGISTRY_USER', text, 'User name for basic authentication.'),
  registryPassword: optional(
    'SCHEMA_REGISTRY_PASSWORD',
    text,
    'Password for basic authentication. Prefer the variable to the flag.',
    { secret: true },
  ),
  registryCaFile: optional(
    'SCHEMA_REGISTRY_CA_FILE',
    text,
    "PEM file of authorities to trust instead of the system's.",
  ),
  schemaPatienceMs: setting(
    'SCHEMA_PATIENCE',
    duration(0, 24 * 3_600_000),
    '60s',
    'How long to ask for a schema id that the registry does not know, before the partition stops with schema_unknown.',
  ),
} as const;

export type RegistryConfig = Values<typeof REGISTRY_SETTINGS>;

/** One line per contradiction; never with a secret's value. */
export function registryProblems(values: RegistryConfig, readFile: (path: string) => string): readonly string[] {
  const { registryUrl: url, registryUser, registryPassword, registryCaFile } = values;
  const problems: string[] = [];
  const besides = { USER: registryUser, PASSWORD: registryPassword, CA_FILE: registryCaFile };
  for (const [name, value] of Object.entries(besides)) {
    if (url === undefined && value !== undefined)
      problems.push(`SCHEMA_REGISTRY_${name} is set, and SCHEMA_REGISTRY_URL is not: set it, or unset this`);
  }
  if ((registryUser === undefined) !== (registryPassword === undefined))
    problems.push('SCHEMA_REGISTRY_USER and SCHEMA_REGISTRY_PASSWORD go together: set both, or neither');
  if (problems.length > 0) return problems;
  try {
    schemaParts(values, 1, readFile);
    return [];
  } catch (error) {
    if (error instanceof ConfigurationError) return error.problems;
    throw error;
  }
}

/** For values without problems. Throws ConfigurationError if the certificate cannot be read. */
export function schemaParts(
  values: RegistryConfig,
  unreachableAfterMs: number,
  readFile: (path: string) => string,
): SchemaParts {
  const { registryUrl: url, registryUser: user, registryPassword: password, registryCaFile: caFile } = values;
  const limits = { ...DEFAULT_SCHEMA_LIMITS, unknownAfterMs: values.schemaPatienceMs, unreachableAfterMs };
  if (url === undefined) return { parse: parseSchema, limits };
  let ca: string | undefined;
  try {
    ca = caFile === undefined ? undefined : readFile(caFile);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ConfigurationError([`SCHEMA_REGISTRY_CA_FILE ${caFile} cannot be read: ${why}`]);
  }
  return { registry: new ConfluentRegistry({ url, user, password, ca }), parse: parseSchema, limits };
}
