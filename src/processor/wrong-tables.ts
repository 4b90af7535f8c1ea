/** Finds out whether the sink's tables caused an error. If so, that is reported instead, and nothing is retried. */
import { ContradictionError, OwnershipLostError, WriterLostError } from '../base/errors.ts';
import type { SinkInspection } from './ports.ts';

/**
 * What is wrong with the tables, for an error that a lost or changed table may have caused. Undefined if the tables are
 * as they should be, or if nothing can be learned. The tables are not asked about a lost ownership or a fence.
 */
export async function wrongTablesBehind(
  error: unknown,
  inspection: SinkInspection,
): Promise<ContradictionError | undefined> {
  if (error instanceof OwnershipLostError) return undefined;
  if (error instanceof WriterLostError && error.kind === 'fenced') return undefined;
  const wrong = await inspection.wrongTables();
  return wrong instanceof ContradictionError ? wrong : undefined;
}
