/** What `verify` and `reconcile` say of the tables themselves: rows against counters, and losses that were accepted. */

import type { ContradictionError } from '../../../base/errors.ts';
import { errorOf } from './findings.ts';
import type { AcceptedLoss, DatasetInspector } from './inspect.ts';
import { rowsTooMany } from './row-counts.ts';

export interface ComparedRows {
  /** Fewer rows than the counters of the newest checkpoints say. */
  readonly lost: ContradictionError | undefined;
  /** More rows than those counters say, a line each. */
  readonly tooMany: readonly string[];
  readonly acceptedLosses: readonly AcceptedLoss[];
}

/** Throws where a table is missing, another one, or changed: then nothing can be compared. */
export async function comparedRows({ inspector }: { readonly inspector: DatasetInspector }): Promise<ComparedRows> {
  const { findings, counts } = await inspector.requireTables(true);
  const acceptedLosses = await inspector.acceptedLosses();
  return {
    lost: errorOf(findings.filter(({ code }) => code === 'rows_lost')),
    tooMany: counts === undefined ? [] : rowsTooMany(counts),
    acceptedLosses,
  };
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
