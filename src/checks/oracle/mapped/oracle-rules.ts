/**
 * Rules as the checkers read them: from the text of the table `rules`, whose digest has been checked. A text with that digest
 * was written by a release that had checked it, so what is looked at here is only whether this release can judge by it.
 */
export type SourcePath = string;

export interface TextRule {
  readonly path?: SourcePath;
  readonly constant?: string;
  readonly type?: 'string' | 'integer';
  readonly trim?: boolean;
  readonly uppercase?: boolean;
}

export interface AmountRule {
  readonly path: SourcePath;
  readonly minorUnits?: 'currency' | number;
  readonly decimalBytes?: number | 'schema' | 'variable';
}

export type TimeType = 'epoch_ms' | 'epoch_s' | 'epoch_us' | 'epoch_ns' | 'iso8601';

export interface TimeRule {
  readonly path: SourcePath;
  readonly type?: TimeType;
  readonly finerThanMs?: 'reject' | 'round_down';
}

export type KeyRule = 'sender' | 'transaction' | 'any' | { readonly path: SourcePath };

export const TEXT_ROLES = [
  'transaction_id',
  'sender_account_id',
  'receiver_account_id',
  'currency',
  'device_id',
  'ip_address',
  'region',
  'payment_method',
] as const;
export type TextRoleName = (typeof TEXT_ROLES)[number];

export interface ColumnRule {
  readonly name: string;
  readonly path: SourcePath;
  readonly type: 'string' | 'int64' | 'numeric' | 'timestamp' | 'bool' | 'json';
  readonly timeType?: TimeType;
}

export interface EventRules {
  readonly format: 'json' | 'json-schema' | 'avro' | 'protobuf';
  readonly select: readonly { readonly path: SourcePath; readonly in: readonly string[] }[];
  readonly key: KeyRule;
  readonly rejectSchemaIds: readonly number[];
  readonly keepRejectedPayload: boolean;
  readonly texts: { readonly [R in TextRoleName]?: TextRule };
  readonly amount: AmountRule;
  readonly timestamp: TimeRule;
}

export interface OracleRules {
  readonly revision: number;
  readonly event: EventRules;
  readonly columns: readonly ColumnRule[];
}

const FORMATS: readonly unknown[] = ['json', 'json-schema', 'avro', 'protobuf'];
const HELD = new Map<string, OracleRules>();
const HELD_MAX = 100;

/** Throws a TypeError where the text is none that this release can judge by. */
export function readRulesText(text: string): OracleRules {
  const held = HELD.get(text);
  if (held !== undefined) return held;
  const { revision, event, columns } = JSON.parse(text) as Partial<OracleRules>;
  const isKnown =
    Number.isSafeInteger(revision) &&
    FORMATS.includes(event?.format) &&
    typeof event?.texts === 'object' &&
    typeof event.amount?.path === 'string' &&
    typeof event.timestamp?.path === 'string';
  if (!isKnown) throw new TypeError('the text is not that of rules which this release knows');
  const rules: OracleRules = {
    revision: revision!,
    event: {
      ...event,
      select: event.select ?? [],
      key: event.key ?? 'sender',
      rejectSchemaIds: event.rejectSchemaIds ?? [],
      keepRejectedPayload: event.keepRejectedPayload ?? false,
    },
    columns: columns ?? [],
  };
  if (HELD.size < HELD_MAX) HELD.set(text, rules);
  return rules;
}

/** Every place in the decoded value at which something is looked for. */
export function pointersOf({ event, columns }: OracleRules): string[] {
  const { select, key, texts, amount, timestamp } = event;
  const variable = amount.decimalBytes === 'variable' ? ['/scale', '/value'].map((step) => amount.path + step) : [];
  const paths = [
    ...select.map(({ path }) => path),
    ...(typeof key === 'object' ? [key.path] : []),
    ...TEXT_ROLES.flatMap((role) => texts[role]?.path ?? []),
    ...[amount.path, ...variable, timestamp.path],
    ...columns.map(({ path }) => path),
  ];
  return paths.filter((path) => path.startsWith('/'));
}

/** The steps of a JSON Pointer (RFC 6901). */
export function stepsOf(pointer: string): string[] {
  const steps = pointer.split('/').slice(1);
  return steps.map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}
