/** The rows of a dataset against the counters of its checkpoints. */
import type { ComparedRows } from '../../compared-rows.ts';
import { errorOf } from './findings.ts';
import type { DatasetInspector } from './inspect.ts';
import { rowsTooMany } from './row-counts.ts';

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
