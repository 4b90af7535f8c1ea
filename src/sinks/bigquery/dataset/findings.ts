/** What may be wrong with a dataset, by name, and what `schema apply` does about it. */
import type { TableFinding } from '../../findings.ts';

export { errorOf, FINDING_CODES, type FindingCode } from '../../findings.ts';

export interface Finding extends TableFinding {
  /** What `schema apply` does about it: nothing if not given. */
  readonly alteration?: Alteration;
}

/** A column of a table that is changed in place: relaxed or added, never dropped. */
export interface Alteration {
  readonly table: string;
  readonly sql: string;
  /** As the end of `would change TABLE: `. */
  readonly what: string;
}
