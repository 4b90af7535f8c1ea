/**
 * Errors, classed by what the caller does about them. Each says what happened, where, and what to do; `code` is stable
 * and listed in the runbook. Nothing here ends the process: cli/process maps codes to exit codes.
 */

/** Wrong usage or configuration: exit 64. One line per problem. */
export class ConfigurationError extends Error {
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'ConfigurationError';
    this.problems = problems;
  }
}

export type ContradictionCode =
  | 'log_truncated'
  | 'log_changed'
  | 'retention_gap'
  | 'rows_differ'
  | 'row_counts_differ'
  | 'rows_refused'
  | 'append_refused'
  | 'digest_differs'
  | 'digest_version'
  | 'fold_version'
  | 'ownership_rows'
  | 'partition_count_changed'
  | 'topic_compacted'
  | 'clock_risk'
  | 'other_topic'
  | 'nothing_accepted'
  | 'codec_missing'
  | 'batch_damaged'
  | 'table_missing'
  | 'table_replaced'
  | 'table_changed'
  | 'rows_lost'
  | 'rules_missing'
  | 'rules_changed'
  | 'schema_unknown'
  | 'schema_unusable'
  | 'schema_missing'
  | 'schema_changed';

/**
 * The log cannot be read past a place. What was folded before that place is still right. All other codes cast doubt on
 * what was folded (it may be of another log), or on the tables.
 */
const ENDS_OF_READING: ReadonlySet<ContradictionCode> = new Set([
  'retention_gap',
  'batch_damaged',
  'codec_missing',
  'schema_unknown',
  'schema_unusable',
]);

/** The log or the sink contradicts the guarantee: the partition stops and writes nothing past that place. Exit 65. */
export class ContradictionError extends Error {
  readonly code: ContradictionCode;
  constructor(code: ContradictionCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ContradictionError';
    this.code = code;
  }

  /** True: what was folded before it is right, and is written and checkpointed before the partition stops. */
  get leavesWhatWasFolded(): boolean {
    return ENDS_OF_READING.has(this.code);
  }
}

/** A service did not answer within its limit: exit 69. */
export class UnreachableError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'UnreachableError';
  }
}

/** The sink takes no more rows under our claim: drop the partition and take over again. */
export class WriterLostError extends Error {
  /** `fenced`: by another owner; `gone`: what we write through is unknown to the service; `confused`: its answers make no sense. */
  readonly kind: 'fenced' | 'gone' | 'confused';
  constructor(kind: 'fenced' | 'gone' | 'confused', message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'WriterLostError';
    this.kind = kind;
  }
}

/** The sink refuses the content of rows: never retried. */
export class RowsRefusedError extends Error {
  /** Index of the first refused row within the append, if the answer names one. */
  readonly rowIndex: number | undefined;
  constructor(message: string, rowIndex: number | undefined, options?: ErrorOptions) {
    super(message, options);
    this.name = 'RowsRefusedError';
    this.rowIndex = rowIndex;
  }
}

/**
 * The sink refuses an append and names no row of it: the table, its schema, its key, or the stream is at fault. It says
 * nothing about the records, so no record may be skipped for it.
 */
export class SinkRefusedError extends Error {
  /** The table that the rows were meant for. */
  readonly table: string;
  /** The sink's own words. */
  readonly detail: string;
  constructor(table: string, detail: string, options?: ErrorOptions) {
    super(`${table} refuses an append, and names no row: ${detail}`, options);
    this.name = 'SinkRefusedError';
    this.table = table;
    this.detail = detail;
  }
}

/** This process no longer owns the partition. Not a fault. */
export class OwnershipLostError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'OwnershipLostError';
  }
}

/** An assumption of this program is broken: exit 70. */
export class BugError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'BugError';
  }
}

export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new BugError(message);
}
