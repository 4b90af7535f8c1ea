/**
 * The `event` and `columns` of rules as the fold uses them: paths are numbered, and every role says by number where its value is. Made
 * by compile-mapping.ts once for a settings entry; nothing in it changes.
 */
import type { EventFormat, FurtherColumn, FurtherType, TimeType } from '../../rules/rules.ts';

/** Stands in place of a path's number where there is none. */
export const NO_PATH = -1;
/** The first constants of every mapping: `true`, then `false`. */
export const TRUE_FALSE = 'truefalse';

/** A step of paths into a value. The root is the value itself. */
export interface PathNode {
  /** The path that ends here, or NO_PATH. */
  readonly path: number;
  /** Steps by the name of a member, for objects, records, messages and maps. */
  readonly members: ReadonlyMap<string, PathNode>;
  /** Those of them that are also the number of an element, for lists. */
  readonly elements: ReadonlyMap<number, PathNode>;
  /** A column holds the source text of what is here. */
  readonly wantsSource: boolean;
}

/** Where a path leads that is not into the value. */
export interface HeaderPath {
  readonly path: number;
  readonly name: string;
}

export interface CompiledSelect {
  readonly path: number;
  /** UTF-8. */
  readonly in: readonly Buffer[];
}

export interface CompiledKey {
  readonly rule: 'sender' | 'transaction' | 'path' | 'any';
  /** With the rule `path`. */
  readonly path: number;
}

export interface CompiledText {
  /** NO_PATH: the constant, or NULL in every row. */
  readonly path: number;
  /** [start, end) of the mapping's constants: the text as it is stored. Empty if there is none. */
  readonly constantStart: number;
  readonly constantEnd: number;
  readonly isInteger: boolean;
  readonly trim: boolean;
  readonly uppercase: boolean;
  readonly isRequired: boolean;
  readonly isCurrency: boolean;
}

export type AmountForm = 'decimal' | 'minor_units' | 'decimal_bytes' | 'variable_decimal_bytes';

export interface CompiledAmount {
  readonly form: AmountForm;
  readonly path: number;
  /** Decimals of minor units; null: the currency's. */
  readonly minorUnitDecimals: number | null;
  /** Scale of decimal bytes; null: the schema's. */
  readonly scale: number | null;
  /** Decimal bytes may be a text in base64: in JSON alone. */
  readonly takesBase64: boolean;
  /** Of variable decimal bytes: the members of the object at `path`. */
  readonly scalePath: number;
  readonly valuePath: number;
}

export interface CompiledTime {
  readonly path: number;
  readonly type: TimeType;
  /** Cut a finer time to the millisecond before it. */
  readonly roundDown: boolean;
}

export interface CompiledColumn {
  readonly path: number;
  readonly type: FurtherType;
  /** Of the type timestamp. */
  readonly time: CompiledTime;
}

export interface CompiledMapping {
  readonly format: EventFormat;
  readonly pathCount: number;
  /** Paths into the value. */
  readonly root: PathNode;
  /** The path `key`, or NO_PATH. */
  readonly keyPath: number;
  readonly headers: readonly HeaderPath[];
  /** The path `record.timestamp`, or NO_PATH. */
  readonly recordTimePath: number;
  readonly select: readonly CompiledSelect[];
  readonly key: CompiledKey;
  /** By the numbers of TEXT_COLUMNS. */
  readonly texts: readonly CompiledText[];
  readonly amount: CompiledAmount;
  readonly timestamp: CompiledTime;
  readonly columns: readonly CompiledColumn[];
  /** The same, as the rules have them: one array for all payments. */
  readonly further: readonly FurtherColumn[];
  /** Texts that do not come from records: they lie at the head of every scratch, beginning with TRUE_FALSE. */
  readonly constants: Buffer;
  readonly rejectSchemaIds: ReadonlySet<number>;
  readonly keepRejectedPayload: boolean;
  /** How many texts of roles, and columns, may need bytes of their own: see roomFor(). */
  readonly rewrittenTexts: number;
  readonly jsonColumns: number;
}
