/**
 * What a partition's file holds, read and checked whole: the head, the segments and the windows. Everything that is wrong
 * with a file is found here, before anything of it is believed; decoding afterwards cannot fail.
 */
import { closeSync, openSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import type { OpenWindow, StateHead, StoredState } from '../payments/types.ts';
import { decodeHead, decodeWindow, STORE_FORMAT, type StoreIdentity } from './head-codec.ts';
import { familyOf, HEAD_KEY } from './keys.ts';
import { DamagedFileError, readLmdbFile } from './lmdb-file-reader.ts';
import { sealHolds, sealSeed } from './seal.ts';
import { decodeActivity, decodeIds, type StoredValue } from './segment-codec.ts';

export interface StoredImage {
  readonly head: StateHead;
  /** Everything but the head, in key order, sealed. */
  readonly values: readonly StoredValue[];
  readonly state: StoredState;
}

export type ReadImage = { readonly image: StoredImage } | { readonly unusable: string } | { readonly absent: true };

/** Other work gets a turn after so many bytes. */
const BYTES_PER_TURN = 4 * 1024 * 1024;

/** Seed of all seals of one store. */
export function seedOf(identity: StoreIdentity): number {
  return sealSeed(`${STORE_FORMAT}|${identity.partition}|${identity.topic}`);
}

/** Throws only what the file system says (no permission, I/O error); a file that is not there is `absent`. */
export async function readImage(path: string, identity: StoreIdentity): Promise<ReadImage> {
  let fileDescriptor: number;
  try {
    fileDescriptor = openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { absent: true };
    throw error;
  }
  try {
    return { image: await collect(fileDescriptor, identity) };
  } catch (error) {
    if (error instanceof DamagedFileError) return { unusable: error.message };
    throw error;
  } finally {
    closeSync(fileDescriptor);
  }
}

async function collect(fileDescriptor: number, identity: StoreIdentity): Promise<StoredImage> {
  const seed = seedOf(identity);
  const values: StoredValue[] = [];
  const ids: StoredValue[] = [];
  const activity: StoredValue[] = [];
  const windows: OpenWindow[] = [];
  let head: StateHead | undefined;
  let bytesThisTurn = 0;
  for (const entry of readLmdbFile(fileDescriptor)) {
    const family = familyOf(entry.key);
    // The head comes before the segments of ids and after those of activity: a foreign file is named by whichever is first.
    if (family === 'head') head = openHead(entry, identity);
    else if (family === undefined) throw new DamagedFileError('it holds a key of another kind');
    else if (!sealHolds(seed, entry.key, entry.value)) throw unsealed(fileDescriptor, identity);
    else {
      values.push(entry);
      if (family === 'ids') ids.push(entry);
      else if (family === 'activity') activity.push(entry);
      else windows.push(decodeWindow(entry.value));
    }
    bytesThisTurn += entry.value.length;
    if (bytesThisTurn > BYTES_PER_TURN) {
      bytesThisTurn = 0;
      await setImmediate();
    }
  }
  if (head === undefined) throw new DamagedFileError('it has no head');
  const state: StoredState = { head, ids: each(ids, decodeIds), activity: each(activity, decodeActivity), windows };
  return { head, values, state };
}

function openHead(entry: StoredValue, identity: StoreIdentity): StateHead {
  // The head's own seal is not bound to an identity: it must open in order to say whose it is.
  if (!sealHolds(sealSeed('head'), HEAD_KEY, entry.value))
    throw new DamagedFileError('the checksum of its head is wrong');
  const stored = decodeHead(entry.value);
  if (stored.format !== STORE_FORMAT) {
    throw new DamagedFileError(`it has format ${stored.format}, and this version reads ${STORE_FORMAT}`);
  }
  if (stored.topic !== identity.topic || stored.partition !== identity.partition) {
    throw new DamagedFileError(`it belongs to partition ${stored.partition} of ${stored.topic}`);
  }
  return stored.head;
}

/** Why a seal does not open: a foreign file's seals are whole, only not for us. */
function unsealed(fileDescriptor: number, identity: StoreIdentity): DamagedFileError {
  for (const entry of readLmdbFile(fileDescriptor)) {
    if (familyOf(entry.key) === 'head') openHead(entry, identity);
  }
  return new DamagedFileError('a checksum is wrong');
}

function each<T>(values: readonly StoredValue[], decode: (value: StoredValue) => Iterable<T>): Iterable<T> {
  return {
    *[Symbol.iterator]() {
      for (const value of values) yield* decode(value);
    },
  };
}
