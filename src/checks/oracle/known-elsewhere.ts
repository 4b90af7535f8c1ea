/**
 * Payments that another pipeline had written before the topic was first processed, as the oracle takes them: ids with an
 * event time. Nothing else is known of them, so a copy is a duplicate without a first offset and without a conflict.
 */
import type { KnownCells } from '../inputs/verify-inputs.ts';
import { type Hash, textHash } from './hashes.ts';
import { digestOfIds, type Remembered } from './state-digest.ts';

/** In place of an offset: no record of this topic was accepted for the id. */
const NO_RECORD = -1;
const NO_FIELDS: Hash = { high: 0, low: 0 };

export function knownEntry({ event_time: time }: KnownCells): Remembered {
  return { offset: NO_RECORD, time, hash: NO_FIELDS };
}

/** What the settings history holds of a list: the digest of its payments from an event time on. */
export function listDigest(rows: readonly KnownCells[]): string {
  return digestOfIds(rows.map((row) => [knownEntry(row), textHash(row.transaction_id)]));
}
