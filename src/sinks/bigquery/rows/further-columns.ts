/** Further columns of payment_transactions in BigQuery's SQL, by their types. src/sinks/rows has what they are in Arrow and as text. */
import type { FurtherColumn, FurtherType } from '../../../payments/rules/rules.ts';

interface TypeInSink {
  /** In statements. */
  readonly sql: 'STRING' | 'INT64' | 'NUMERIC(38, 9)' | 'TIMESTAMP' | 'BOOL';
  /** As tables.get spells it. */
  readonly rest: 'STRING' | 'INTEGER' | 'NUMERIC' | 'TIMESTAMP' | 'BOOLEAN';
}

const TEXT: TypeInSink = { sql: 'STRING', rest: 'STRING' };
export const FURTHER_IN_SINK: Readonly<Record<FurtherType, TypeInSink>> = {
  string: TEXT,
  int64: { sql: 'INT64', rest: 'INTEGER' },
  numeric: { sql: 'NUMERIC(38, 9)', rest: 'NUMERIC' },
  timestamp: { sql: 'TIMESTAMP', rest: 'TIMESTAMP' },
  bool: { sql: 'BOOL', rest: 'BOOLEAN' },
  // The service's own JSON type would change numbers.
  json: TEXT,
};

/** The column as text in a query: what canonicalText reads. */
export function furtherAsText({ name, type }: FurtherColumn): string {
  const quoted = quotedColumn(name);
  return type === 'timestamp' ? `CAST(UNIX_MICROS(${quoted}) AS STRING)` : `CAST(${quoted} AS STRING)`;
}

/** In SQL: a name may be one of its words, as `order`. */
export function quotedColumn(name: string): string {
  return `\`${name}\``;
}
