/** One setting, and a table of them: declared once, used by the parser, the flags and the documentation. */
import type { SettingKind } from './setting-kinds.ts';

export interface Setting<T, Required extends boolean = boolean> {
  readonly env: string;
  /** Without the dashes. */
  readonly flag: string;
  readonly kind: SettingKind<T>;
  readonly default: string | undefined;
  readonly description: string;
  /** A value must be given. */
  readonly required: Required;
  /** Its value is never shown. */
  readonly secret: boolean;
}

interface Details {
  readonly flag?: string;
  readonly secret?: boolean;
}

/** Has a default. */
export function setting<T>(
  env: string,
  kind: SettingKind<T>,
  value: string,
  description: string,
  details: Details = {},
) {
  return declare<T, true>(env, kind, value, description, true, details);
}

/** Must be given. */
export function required<T>(env: string, kind: SettingKind<T>, description: string) {
  return declare<T, true>(env, kind, undefined, description, true, {});
}

/** Undefined if not given. */
export function optional<T>(env: string, kind: SettingKind<T>, description: string, details: Details = {}) {
  return declare<T, false>(env, kind, undefined, description, false, details);
}

function declare<T, Required extends boolean>(
  env: string,
  kind: SettingKind<T>,
  value: string | undefined,
  description: string,
  isRequired: Required,
  details: Details,
): Setting<T, Required> {
  const flagName = details.flag ?? env.toLowerCase().replaceAll('_', '-');
  const secret = details.secret ?? false;
  return { env, flag: flagName, kind, default: value, description, required: isRequired, secret };
}

export type SettingsTable = Readonly<Record<string, Setting<unknown>>>;

/** The values of a table, once parsed. */
export type Values<T extends SettingsTable> = {
  readonly [K in keyof T]: T[K] extends Setting<infer V, infer R> ? (R extends true ? V : V | undefined) : never;
};
