/** What `verify` and `reconcile` say of the tables themselves, of any sink: rows against counters, and losses that were accepted. */
import type { ContradictionError } from '../base/errors.ts';

/** One loss that was accepted, as verify lists it. */
export interface AcceptedLoss {
  readonly table: string;
  readonly partition: number | undefined;
  readonly rows: number;
  readonly belowOffset: number | undefined;
  readonly reason: string;
  readonly by: string;
  readonly atMs: number;
}

export interface ComparedRows {
  /** Fewer rows than the counters of the newest checkpoints say. */
  readonly lost: ContradictionError | undefined;
  /** More rows than those counters say, a line each. */
  readonly tooMany: readonly string[];
  readonly acceptedLosses: readonly AcceptedLoss[];
}

/** Lines; what somebody wrote is quoted and escaped. */
export function comparisonText({ tooMany, acceptedLosses }: ComparedRows): string[] {
  return [
    ...tooMany.map((line) => `more rows than counters: ${line}`),
    ...acceptedLosses.map(
      ({ table, partition, rows, belowOffset, reason, by, atMs }) =>
        `accepted loss: ${rows} rows of ${table}${partition === undefined ? '' : `, partition ${partition}`}` +
        `${belowOffset === undefined ? '' : `, below offset ${belowOffset}`}, by ${JSON.stringify(by)} at ${new Date(atMs).toISOString()}: ${JSON.stringify(reason)}`,
    ),
  ];
}

export function comparisonJson({ lost, tooMany, acceptedLosses }: ComparedRows): object {
  return { rowsLost: lost === undefined ? null : lost.message, rowsTooMany: tooMany, acceptedLosses };
}
