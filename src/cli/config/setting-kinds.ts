/** The types of settings: each turns the text of a variable or flag into a value, or throws with what it expects. */
import { z } from 'zod';
import { requireDecimal } from '../../payments/event/decimal.ts';
import { clusteringProblems } from '../../sinks/bigquery/identifiers.ts';
import { parseStartFrom, type StartFrom } from './start-from.ts';

export interface SettingKind<T> {
  /** For the documentation. */
  readonly type: string;
  readonly schema: z.ZodType<T, string>;
}

const MS_PER_UNIT: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const BYTES_PER_UNIT: Readonly<Record<string, number>> = { '': 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };

export const text: SettingKind<string> = { type: 'text', schema: z.string() };

/**
 * Milliseconds from `500ms`, `90s`, `30m`, `1h`, `2d`. A number without a unit is refused, because it is easily
 * misread.
 */
export function duration(minMs: number, maxMs = Number.MAX_SAFE_INTEGER): SettingKind<number> {
  return kind('duration (500ms, 90s, 30m, 1h, 2d)', (value) => {
    const match = /^(\d{1,12})\s*(ms|s|m|h|d)$/.exec(value);
    const ms = match === null ? Number.NaN : Number(match[1]) * MS_PER_UNIT[match[2]!]!;
    if (Number.isNaN(ms)) throw new Error('expected a duration with a unit, as 500ms, 90s, 30m, 1h or 2d');
    return inRange(ms, minMs, maxMs, (bound) => `${bound}ms`);
  });
}

export function bytes(min: number, max: number): SettingKind<number> {
  return kind('size (bytes, or with KiB, MiB, GiB)', (value) => {
    const match = /^(\d{1,12})\s*(KiB|MiB|GiB|)$/.exec(value);
    if (match === null) throw new Error('expected a size, as 67108864 or 64MiB');
    return inRange(Number(match[1]) * BYTES_PER_UNIT[match[2]!]!, min, max, (bound) => `${bound} bytes`);
  });
}

export function integer(min: number, max: number): SettingKind<number> {
  return kind(`integer ${min} to ${max}`, (value) => {
    if (!/^\d{1,15}$/.test(value)) throw new Error(`expected a whole number from ${min} to ${max}`);
    return inRange(Number(value), min, max, String);
  });
}

/** A decimal string, unchanged: amounts never pass through floating point. */
export const amount: SettingKind<string> = kind('decimal', (value) => {
  if (requireDecimal(value, 'value') <= 0n) throw new Error('expected a decimal above 0');
  return value;
});

export const flag: SettingKind<boolean> = kind('true or false', (value) => {
  if (value !== 'true' && value !== 'false') throw new Error('expected true or false');
  return value === 'true';
});

export function choice<const T extends string>(...values: readonly T[]): SettingKind<T> {
  return kind(values.join(' or '), (value) => {
    const found = values.find((one) => one === value);
    if (found === undefined) throw new Error(`expected ${values.join(' or ')}`);
    return found;
  });
}

export function pattern(type: string, expression: RegExp): SettingKind<string> {
  return kind(type, (value) => {
    if (!expression.test(value)) throw new Error(`expected a ${type}`);
    return value;
  });
}

export const hostPort: SettingKind<string> = kind('host:port', requireHostPort);

export const hostPorts: SettingKind<readonly string[]> = kind('host:port, separated by commas', (value) =>
  value.split(',').map((one) => requireHostPort(one.trim())),
);

/** Secrets are sent there: TLS, except on this machine. */
export const tokenUrl: SettingKind<string> = kind('https URL', (value) => {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  const isHere = url !== undefined && ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname);
  if (url?.protocol !== 'https:' && !(url?.protocol === 'http:' && isHere)) {
    throw new Error('expected an https:// URL (http:// on this machine only)');
  }
  if (url.username !== '' || url.password !== '') throw new Error('expected a URL without a user name in it');
  return value;
});

/** Passwords may go to it, so it is never part of a message with its user name: there is none in it. */
export const registryUrl: SettingKind<string> = kind('URL', (value) => {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:') throw new Error('expected a URL (https:// or http://)');
  if (url.username !== '' || url.password !== '')
    throw new Error('expected a URL without a user name in it: set SCHEMA_REGISTRY_USER');
  if (url.search !== '' || url.hash !== '') throw new Error('expected a URL without a query');
  return value;
});

/** A folder, or `s3://bucket/prefix`. */
export const deltaLocation: SettingKind<string> = kind('folder, or s3://bucket/prefix', (value) => {
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):\/\//.exec(value)?.[1];
  if (scheme === undefined) return value;
  if (scheme !== 's3') throw new Error(`${scheme}:// is not supported: expected a folder, or s3://bucket/prefix`);
  if (!/^s3:\/\/[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](\/[A-Za-z0-9!_.*'()/-]*)?$/.test(value))
    throw new Error('expected s3://bucket/prefix, without a query');
  return value;
});

/**
 * The columns by which the tables of payments may be clustered. Any other would fail only when the table is created.
 */
export const columns: SettingKind<readonly string[]> = kind('column names, separated by commas', (value) => {
  const names = value.split(',').map((name) => name.trim());
  const problems = clusteringProblems(names);
  if (problems.length > 0) throw new Error(problems.join('; '));
  return names;
});

/** `eu-west=0,africa=10`: points per name. */
export const pointsByName: SettingKind<Readonly<Record<string, number>>> = kind('name=points, by commas', (value) => {
  const points: Record<string, number> = Object.create(null) as Record<string, number>;
  for (const part of value === '' ? [] : value.split(',')) {
    const match = /^\s*([^=]{1,256})=(\d{1,4})\s*$/.exec(part);
    if (match === null) throw new Error('expected pairs as eu-west=0,africa=10');
    if (match[1]! in points) throw new Error(`names ${JSON.stringify(match[1])} twice`);
    points[match[1]!] = Number(match[2]);
  }
  return { ...points };
});

export const startFrom: SettingKind<StartFrom> = kind(
  'earliest, latest, an ISO 8601 time, offsets:FILE or group:NAME',
  parseStartFrom,
);

function kind<T>(type: string, parse: (value: string) => T): SettingKind<T> {
  const schema = z.string().transform((value, context) => {
    try {
      return parse(value);
    } catch (error) {
      context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) });
      return z.NEVER;
    }
  });
  return { type, schema: schema as unknown as z.ZodType<T, string> };
}

function inRange(value: number, min: number, max: number, show: (bound: number) => string): number {
  if (value < min) throw new Error(`expected at least ${show(min)}`);
  if (value > max) throw new Error(`expected at most ${show(max)}`);
  return value;
}

function requireHostPort(value: string): string {
  const match = /^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9._-]+):(\d{1,5})$/.exec(value);
  const port = Number(match?.[2]);
  if (match === null || port < 1 || port > 65_535) throw new Error(`expected host:port, as localhost:9092`);
  return value;
}
