/** Whether an error has its cause in the sink's tables: then it is told by its own name, and nobody waits for what will not come. */
import { ContradictionError, OwnershipLostError, WriterLostError } from '../base/errors.ts';
import type { SinkInspection } from './ports.ts';

/**
 * What is wrong with the tables, for an error that a lost or changed table can look like; undefined where the tables are as they
 * should be, or nothing can be learned. An owner that was fenced is no such error.
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
