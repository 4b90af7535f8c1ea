/** NOT_FOUND that stays. */

import { UnreachableError } from '../../../base/errors.ts';
import { spanText } from '../../../base/span-text.ts';
import type { AppendTable } from '../../../payments/types.ts';

/** A table or a stream that was made a moment ago would be known by now. */
export function notFoundForTooLong(what: string, table: AppendTable, afterMs: number, cause: Error): UnreachableError {
  return new UnreachableError(
    `bigquery-write: ${what}: not found for ${spanText(afterMs)}: ${cause.message}. Look whether the table ${table} is there, ` +
      'and what `provenonce schema print` says of it. Where it was made or restored just now, start again in some minutes',
    { cause },
  );
}
