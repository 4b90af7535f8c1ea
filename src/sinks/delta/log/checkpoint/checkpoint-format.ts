/** Log checkpoints as bytes. parquet-checkpoint.ts is the real format; the simulated world brings a plain one. */
import type { Action } from '../actions.ts';

export interface CheckpointFormat {
  encode(actions: readonly Action[]): Promise<Uint8Array>;
  /** `where` names the file in errors. Rejects with ContradictionError for bytes that are no log checkpoint. */
  decode(bytes: Uint8Array, where: string): Promise<readonly Action[]>;
}
