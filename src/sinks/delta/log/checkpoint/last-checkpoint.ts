/**
 * `_last_checkpoint`: which log checkpoint is the newest. It is a hint about where to start reading, and more than a hint about
 * clean-up: names of versions are freed only below it, after it was written.
 */
import { ContradictionError } from '../../../../base/errors.ts';

export interface LastCheckpoint {
  readonly version: number;
  /** Of a checkpoint in several files; 0 for one file. */
  readonly parts: number;
}

export function encodeLastCheckpoint(version: number, actions: number, byteLength: number, files: number): Uint8Array {
  return Buffer.from(JSON.stringify({ version, size: actions, sizeInBytes: byteLength, numOfAddFiles: files }));
}

/** Undefined where it cannot be read: then a listing says which log checkpoints there are. */
export function parseLastCheckpoint(bytes: Uint8Array, where: string): LastCheckpoint | undefined {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString());
  } catch {
    return undefined; // other engines write it without care, and read on without it
  }
  const { version, parts, v2Checkpoint } = (value ?? {}) as Readonly<Record<string, unknown>>;
  if (v2Checkpoint !== undefined && v2Checkpoint !== null) throw secondKind(where);
  const isNumber = (each: unknown): each is number => Number.isSafeInteger(each) && Number(each) >= 0;
  if (!isNumber(version)) return undefined;
  return { version, parts: isNumber(parts) ? parts : 0 };
}

export function secondKind(where: string): ContradictionError {
  return new ContradictionError(
    'table_changed',
    `${where} names a log checkpoint of the second kind (V2), which this program does not read. ` +
      "Set the table property delta.checkpointPolicy to 'classic' there and drop the feature v2Checkpoint",
  );
}
