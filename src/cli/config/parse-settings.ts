/**
 * Reads a table of settings from flags and environment (flags win); a secret also from a file that one of them names.
 * The command line passes both in. All problems are found at once, one line each, never with the value of a secret.
 */
import { z } from 'zod';
import { fileNamesOf, type ReadSecretFile, readSecretFile, secretFrom } from './secret-file.ts';
import type { Setting, SettingsTable, Values } from './setting.ts';

export type Environment = Readonly<Record<string, string | undefined>>;
/** As commander gives them: by camel-case flag name. Flags without a value are `true`. */
export type Flags = Readonly<Record<string, string | boolean | undefined>>;

export type Origin = 'flag' | 'env' | 'file' | 'default' | 'unset';

export interface EffectiveSetting {
  readonly key: string;
  readonly setting: Setting<unknown>;
  readonly origin: Origin;
  /** As given; masked if it is a secret; undefined if unset. */
  readonly shown: string | undefined;
}

export interface ParsedSettings<T extends SettingsTable> {
  /** Undefined if there are problems. */
  readonly values: Values<T> | undefined;
  readonly effective: readonly EffectiveSetting[];
  readonly problems: readonly string[];
}

const MASK = '********';

/** commander's name of a flag: `metrics-port` is `metricsPort`. */
export function flagAttribute(flag: string): string {
  return flag.replace(/-([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase());
}

/** The zod schema of a table: an object of the texts of all settings that have one. */
export function schemaOf(table: SettingsTable) {
  return z.object(
    Object.fromEntries(
      Object.entries(table).map(([key, { kind, required }]) => [key, required ? kind.schema : kind.schema.optional()]),
    ),
  );
}

export function parseSettings<T extends SettingsTable>(
  table: T,
  env: Environment,
  flags: Flags,
  readFile: ReadSecretFile = readSecretFile,
): ParsedSettings<T> {
  const texts: Record<string, string> = {};
  const effective: EffectiveSetting[] = [];
  const fileProblems: string[] = [];
  for (const [key, setting] of Object.entries(table)) {
    const { origin, value, problem } = find(setting, env, flags, readFile);
    if (problem !== undefined) fileProblems.push(problem);
    if (value !== undefined) texts[key] = value;
    effective.push({ key, setting, origin, shown: value !== undefined && setting.secret ? MASK : value });
  }
  const parsed = schemaOf(table).safeParse(texts);
  if (parsed.success && fileProblems.length === 0) {
    return { values: parsed.data as Values<T>, effective, problems: [] };
  }
  const byKey = new Map(effective.map((one) => [one.key, one]));
  const problems = (parsed.error?.issues ?? []).map((issue) =>
    problemLine(byKey.get(String(issue.path[0]))!, issue.message),
  );
  return { values: undefined, effective, problems: [...problems, ...fileProblems] };
}

interface Found {
  readonly origin: Origin;
  readonly value: string | undefined;
  readonly problem?: string;
}

function find(setting: Setting<unknown>, env: Environment, flags: Flags, readFile: ReadSecretFile): Found {
  const given = findGiven(setting, env, flags);
  if (!setting.secret) return given;
  const names = fileNamesOf(setting);
  const file = findGiven({ ...names, default: undefined }, env, flags);
  if (file.value === undefined) return given;
  const where = file.origin === 'flag' ? `flag --${names.flag}` : 'environment';
  if (given.origin === 'flag' || given.origin === 'env') {
    return { ...given, problem: `${setting.env} and ${names.env} (${where}) are both set: set one of them` };
  }
  try {
    return { origin: 'file', value: secretFrom(file.value, readFile) };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { ...given, problem: `${names.env} (${where}) names ${file.value}, which cannot be used: ${why}` };
  }
}

function findGiven(
  setting: Pick<Setting<unknown>, 'env' | 'flag' | 'default'>,
  env: Environment,
  flags: Flags,
): { origin: Origin; value: string | undefined } {
  const flag = flags[flagAttribute(setting.flag)];
  if (flag !== undefined) return { origin: 'flag', value: String(flag).trim() };
  const variable = env[setting.env]?.trim();
  // An empty variable counts as unset: compose files and shells make them by accident.
  if (variable !== undefined && variable !== '') return { origin: 'env', value: variable };
  return setting.default === undefined
    ? { origin: 'unset', value: undefined }
    : { origin: 'default', value: setting.default };
}

function problemLine({ setting, origin, shown }: EffectiveSetting, message: string): string {
  if (origin === 'unset') {
    return `${setting.env} is not set: set it, or give --${setting.flag} (${setting.kind.type}). ${setting.description}`;
  }
  const where = origin === 'flag' ? `flag --${setting.flag}` : origin === 'file' ? 'file' : 'environment';
  return `${setting.env} (${where}) is ${JSON.stringify(shown)}: ${message}`;
}
