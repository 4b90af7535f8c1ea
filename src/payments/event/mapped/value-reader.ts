/**
 * A reader of values in one format: from the bytes of a record's value to what the paths of a mapping find in it. It never throws for
 * what a value holds, and its result depends on the bytes and the mapping alone (and on the schemas that the dataset has).
 */
import type { ReasonCode } from '../../types.ts';
import type { PathValues } from './path-values.ts';

/** Why the form of a value is not right. No path was read then. */
export interface FormProblem {
  readonly code: ReasonCode;
  readonly detail: string | null;
}

export interface ValueReader {
  /**
   * Fills `out`, which was begun, for every path into the value that is there. The value is [start, end) of the bytes. The scratch of
   * `out` has room for twice the value's bytes and VALUE_ROOM_BYTES a path.
   */
  read(bytes: Buffer, start: number, end: number, out: PathValues): FormProblem | null;
  /** Bytes of the scratch that read() needs besides. Left out: none. */
  extraBytes?(bytes: Buffer, start: number, end: number): number;
}

export const VALUE_ROOM_BYTES = 32;
