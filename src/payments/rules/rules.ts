/**
 * The rules of a topic as data: where a record has its payment (`event`), what is kept beside it (`columns`), and how fraud is
 * scored (`fraud`). A rules file is read into this form (rules/read-rules.ts), and the table `rules` holds its canonical text.
 * docs/reference/rules-file.md is the contract. Types only.
 *
 * Invariant: two rules are the same exactly if their canonical texts are (canonical-rules.ts); `revision` is part of the text.
 */

/** How the bytes of a value are read. All but `json` are in the wire format of a schema registry. */
export const EVENT_FORMATS = ['json', 'json-schema', 'avro', 'protobuf'] as const;
export type EventFormat = (typeof EVENT_FORMATS)[number];

/**
 * Where a value is: a JSON Pointer into the decoded value (`/data/id`), `key` (the record's key as UTF-8), `header:NAME` (the last
 * header of that name, as UTF-8), or `record.timestamp` (the record's own Kafka timestamp).
 */
export type SourcePath = string;

/** A text for every record (`constant`), or the place of one. */
export interface TextRole {
  readonly path?: SourcePath;
  readonly constant?: string;
  /** `integer`: a whole number, which becomes its decimal digits. Default: string. */
  readonly type?: 'string' | 'integer';
  readonly trim?: true;
  readonly uppercase?: true;
}

/** Exactly one of the forms; none of them means a decimal: a number by its source text, or a text of digits. */
export interface AmountRole {
  readonly path: SourcePath;
  /** A whole number of minor units: of the currency by ISO 4217, or of this many decimals (0 to 9). */
  readonly minorUnits?: 'currency' | number;
  /** Unscaled bytes, big-endian two's complement: with this scale, with the schema's, or with a scale beside them (Debezium). */
  readonly decimalBytes?: number | 'schema' | 'variable';
}

export const TIME_TYPES = ['epoch_ms', 'epoch_s', 'epoch_us', 'epoch_ns', 'iso8601'] as const;
export type TimeType = (typeof TIME_TYPES)[number];

export interface TimeRole {
  readonly path: SourcePath;
  /** Default: epoch_ms. */
  readonly type?: TimeType;
  /** What becomes of a time that is finer than a millisecond. Default: reject. */
  readonly finerThanMs?: 'reject' | 'round_down';
}

/** A record is a payment only if the text at `path` is one of these. */
export interface Select {
  readonly path: SourcePath;
  readonly in: readonly string[];
}

/** What the key of a record is. `any`: it is not looked at. */
export type KeyRule = 'sender' | 'transaction' | 'any' | { readonly path: SourcePath };

export const REQUIRED_ROLES = ['transaction_id', 'sender_account_id', 'amount', 'currency', 'timestamp'] as const;
export const OPTIONAL_ROLES = ['receiver_account_id', 'device_id', 'ip_address', 'region', 'payment_method'] as const;
export const TEXT_ROLES = ['transaction_id', 'sender_account_id', 'currency', ...OPTIONAL_ROLES] as const;
export type TextRoleName = (typeof TEXT_ROLES)[number];

export interface EventRules {
  readonly format: EventFormat;
  /** All of them must hold. */
  readonly select: readonly Select[];
  readonly key: KeyRule;
  /** Schema ids whose records become rejected rows: the registry does not know them. */
  readonly rejectSchemaIds: readonly number[];
  /** Keep base64 of the first 4 KiB of rejected Avro and Protobuf values. Default: nothing of them. */
  readonly keepRejectedPayload: boolean;
  /** Roles that are missing here are NULL in every row. The required ones are there. */
  readonly texts: { readonly [R in TextRoleName]?: TextRole };
  readonly amount: AmountRole;
  readonly timestamp: TimeRole;
}

export const FURTHER_TYPES = ['string', 'int64', 'numeric', 'timestamp', 'bool', 'json'] as const;
export type FurtherType = (typeof FURTHER_TYPES)[number];

/** A further column of payment_transactions. */
export interface FurtherColumn {
  readonly name: string;
  readonly path: SourcePath;
  readonly type: FurtherType;
  /** Of a timestamp; default epoch_ms. */
  readonly timeType?: TimeType;
}

export interface FraudRules {
  /** In fold order, first match wins; an amount over `over` (decimal string) gives `points`. */
  readonly amountHigh: { readonly over: string; readonly points: number };
  readonly amountMedium: { readonly over: string; readonly points: number };
  readonly amountLowPoints: number;
  readonly countHigh: { readonly over: number; readonly points: number };
  readonly countMedium: { readonly over: number; readonly points: number };
  readonly devices: { readonly over: number; readonly points: number };
  readonly regionPoints: Readonly<Record<string, number>>;
  readonly otherRegionPoints: number;
  readonly maxScore: number;
  readonly highRiskOver: number;
  /** `off`: the rules that count a sender's activity are off, and its two columns are 0. Left out: on. */
  readonly activity?: 'off';
}

export interface Rules {
  /** Anybody who changes the file raises it. */
  readonly revision: number;
  readonly event: EventRules;
  readonly columns: readonly FurtherColumn[];
  readonly fraud: FraudRules;
}

/** What a settings entry says of its rules: the text stands in the table `rules`. */
export interface RulesRef {
  readonly revision: number;
  /** 64 hex digits, of the canonical text. */
  readonly sha256: string;
}

/** Rules of a settings entry, read from their canonical text. */
export interface LoadedRules extends RulesRef {
  /** As the table `rules` has it. The judge of `verify` reads the text by its own code. */
  readonly text: string;
  readonly rules: Rules;
}
