/** What may be wrong with a sink's tables, by name, and the error that it becomes. */
import { ContradictionError } from '../base/errors.ts';

/** In the order in which they are reported: what is missing explains the rest. */
export const FINDING_CODES = ['table_missing', 'table_replaced', 'table_changed', 'rows_lost'] as const;
export type FindingCode = (typeof FINDING_CODES)[number];

export interface TableFinding {
  readonly code: FindingCode;
  readonly table: string;
  /** What was seen. */
  readonly what: string;
  /** The statement or command that mends it, complete. */
  readonly mend: string;
}

/** One error for all of them, under the name of the first. */
export function errorOf(findings: readonly TableFinding[]): ContradictionError | undefined {
  const ordered = FINDING_CODES.flatMap((code) => findings.filter((finding) => finding.code === code));
  const [first] = ordered;
  if (first === undefined) return undefined;
  const lines = ordered.map(({ table, what, mend }) => `${table}: ${what}. ${mend}`);
  return new ContradictionError(first.code, `${lines.join('\n')}\nNothing was made or written.`);
}
