/**
 * The form of a rules file, and how it becomes rules and back. The canonical text of rules is this form as JSON: members sorted,
 * defaults filled in, no blanks. Two rules are the same exactly if their canonical texts are.
 *
 * Invariant: the canonical text of the same file never changes, because settings histories hold its digest. So a member that a
 * later release adds is left out of the text at its default, and defaults of values that are filled in never change a text that
 * is stored. Pure.
 */
import { sha256Hex } from '../../base/text/sha256.ts';
import { type FraudDocument, fraudDocumentOf, fraudRulesOf } from './fraud-document.ts';
import {
  type AmountRole,
  type EventFormat,
  type EventRules,
  type FraudRules,
  type FurtherColumn,
  type FurtherType,
  type KeyRule,
  type LoadedRules,
  type Rules,
  type Select,
  TEXT_ROLES,
  type TextRole,
  type TextRoleName,
  type TimeRole,
  type TimeType,
} from './rules.ts';

/** Of a rules file, and of a canonical text. */
export const MAX_RULES_BYTES = 65_536;

export interface TextRoleDocument {
  readonly path?: string | undefined;
  readonly const?: string | undefined;
  readonly type?: 'string' | 'integer' | undefined;
  readonly trim?: boolean | undefined;
  readonly uppercase?: boolean | undefined;
}

export interface AmountDocument {
  readonly path: string;
  readonly minor_units?: 'currency' | number | undefined;
  readonly decimal_bytes?: 'schema' | 'variable' | number | undefined;
}

export interface TimeDocument {
  readonly path: string;
  readonly type?: TimeType | undefined;
  readonly finer_than_ms?: 'reject' | 'round_down' | undefined;
}

export interface SelectDocument {
  readonly path: string;
  readonly in?: readonly string[] | undefined;
  /** Short for `in` with one text. */
  readonly equals?: string | undefined;
}

export interface EventDocument extends TextRoleDocuments {
  readonly format?: EventFormat | undefined;
  readonly select?: readonly SelectDocument[] | undefined;
  readonly key?: KeyRule | undefined;
  readonly reject_schema_ids?: readonly number[] | undefined;
  readonly keep_rejected_payload?: boolean | undefined;
  readonly amount: AmountDocument;
  readonly timestamp: TimeDocument;
}

type RequiredText = 'transaction_id' | 'sender_account_id' | 'currency';
type TextRoleDocuments = { readonly [R in RequiredText]: TextRoleDocument } & {
  readonly [R in Exclude<TextRoleName, RequiredText>]?: TextRoleDocument | undefined;
};

export interface ColumnDocument {
  readonly name: string;
  readonly path: string;
  readonly type: FurtherType;
  readonly time_type?: TimeType | undefined;
}

/** A rules file, once its form was checked. */
export interface RulesDocument {
  readonly revision: number;
  readonly event: EventDocument;
  readonly columns?: readonly ColumnDocument[] | undefined;
  readonly fraud?: FraudDocument | undefined;
}

/** `fraudDefaults`: what the section `fraud` leaves out. Without them, throws a RangeError if it leaves out anything. */
export function rulesOf(document: RulesDocument, fraudDefaults?: FraudRules): Rules {
  const { revision, event, columns = [], fraud = {} } = document;
  return {
    revision,
    event: eventOf(event),
    columns: columns.map(columnOf),
    fraud: fraudRulesOf(fraud, fraudDefaults),
  };
}

/** With every default filled in. */
export function documentOf({ revision, event, columns, fraud }: Rules): RulesDocument {
  return {
    revision,
    event: eventDocument(event),
    columns: columns.map(({ name, path, type, timeType }) => ({
      name,
      path,
      type,
      ...(type === 'timestamp' ? { time_type: timeType ?? 'epoch_ms' } : {}),
    })),
    fraud: fraudDocumentOf(fraud),
  };
}

/** As the table `rules` holds it. */
export function canonicalRules(rules: Rules): string {
  return sortedJson(documentOf(rules));
}

/** Throws a RangeError unless the text is one that canonicalRules gives. */
export function rulesFromCanonical(text: string): Rules {
  let rules: Rules | undefined;
  try {
    rules = rulesOf(JSON.parse(text) as RulesDocument);
  } catch (error) {
    throw new RangeError(`it is not the canonical text of rules: ${(error as Error).message}`, { cause: error });
  }
  if (canonicalRules(rules) !== text) {
    throw new RangeError('it is not the canonical text of rules as this release writes it');
  }
  return rules;
}

/** As a settings entry holds them in memory. */
export function loadedRules(rules: Rules): LoadedRules {
  const text = canonicalRules(rules);
  return { revision: rules.revision, sha256: sha256Hex(text), text, rules };
}

function eventOf(document: EventDocument): EventRules {
  const {
    format = 'json',
    select = [],
    key = 'sender',
    reject_schema_ids = [],
    keep_rejected_payload = false,
  } = document;
  return {
    format,
    select: select.map(selectOf),
    key: typeof key === 'string' ? key : { path: key.path },
    rejectSchemaIds: [...reject_schema_ids],
    keepRejectedPayload: keep_rejected_payload,
    texts: Object.fromEntries(
      TEXT_ROLES.flatMap((role) => {
        const text = document[role];
        return text === undefined ? [] : [[role, textOf(text)]];
      }),
    ),
    amount: amountOf(document.amount),
    timestamp: timeOf(document.timestamp),
  };
}

function eventDocument(event: EventRules): EventDocument {
  const texts = Object.fromEntries(
    TEXT_ROLES.flatMap((role) => {
      const text = event.texts[role];
      return text === undefined ? [] : [[role, textDocument(text)]];
    }),
  ) as unknown as TextRoleDocuments;
  const { path, minorUnits, decimalBytes } = event.amount;
  return {
    ...texts,
    format: event.format,
    select: event.select.map((one) => ({ path: one.path, in: one.in })),
    key: event.key,
    reject_schema_ids: event.rejectSchemaIds,
    keep_rejected_payload: event.keepRejectedPayload,
    amount: {
      path,
      ...(minorUnits === undefined ? {} : { minor_units: minorUnits }),
      ...(decimalBytes === undefined ? {} : { decimal_bytes: decimalBytes }),
    },
    timestamp: {
      path: event.timestamp.path,
      type: event.timestamp.type ?? 'epoch_ms',
      finer_than_ms: event.timestamp.finerThanMs ?? 'reject',
    },
  };
}

function selectOf({ path, in: values, equals }: SelectDocument): Select {
  return { path, in: [...(values ?? (equals === undefined ? [] : [equals]))] };
}

function textOf({ path, const: constant, type, trim, uppercase }: TextRoleDocument): TextRole {
  if (constant !== undefined) return { constant };
  return {
    ...(path === undefined ? {} : { path }),
    ...(type === 'integer' ? { type } : {}),
    ...(trim === true ? { trim } : {}),
    ...(uppercase === true ? { uppercase } : {}),
  };
}

/** With every default filled in. */
export function textDocument({ path, constant, type, trim, uppercase }: TextRole): TextRoleDocument {
  if (constant !== undefined) return { const: constant };
  return { path, type: type ?? 'string', trim: trim ?? false, uppercase: uppercase ?? false };
}

function amountOf({ path, minor_units, decimal_bytes }: AmountDocument): AmountRole {
  return {
    path,
    ...(minor_units === undefined ? {} : { minorUnits: minor_units }),
    ...(decimal_bytes === undefined ? {} : { decimalBytes: decimal_bytes }),
  };
}

function timeOf({ path, type, finer_than_ms }: TimeDocument): TimeRole {
  return {
    path,
    ...(type === undefined || type === 'epoch_ms' ? {} : { type }),
    ...(finer_than_ms === 'round_down' ? { finerThanMs: finer_than_ms } : {}),
  };
}

function columnOf({ name, path, type, time_type }: ColumnDocument): FurtherColumn {
  return { name, path, type, ...(time_type === undefined || time_type === 'epoch_ms' ? {} : { timeType: time_type }) };
}

/** JSON without blanks, with the members of all objects in the order of their names' UTF-16 units: an object puts names of digits first. */
function sortedJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(sortedJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  members.sort(([left], [right]) => (left < right ? -1 : 1));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${sortedJson(member)}`).join(',')}}`;
}
