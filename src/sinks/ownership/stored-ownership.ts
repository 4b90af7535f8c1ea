/** partition_ownership and the table `rules` as both sinks store them: a row names the rules of its history by their digest. */
import type { RulesRef } from '../../payments/rules/rules.ts';
import type { SettingsEntry } from '../../payments/types.ts';
import type { HistoryChange, Ownership, Seed } from '../../processor/ports.ts';

/** A settings entry as its row holds it: the text of its rules is in the table `rules`. */
export interface StoredEntry extends Omit<SettingsEntry, 'rules'> {
  readonly rules?: RulesRef;
}

export type WithStoredHistory<T> = Omit<T, 'history'> & { readonly history: readonly StoredEntry[] };

export type StoredOwnership = WithStoredHistory<Ownership>;
export type StoredSeed = WithStoredHistory<Seed>;
export type StoredHistoryChange = WithStoredHistory<HistoryChange>;

/** A row of the table `rules`. */
export interface RulesRow extends RulesRef {
  readonly text: string;
}

/** What a sink can do with the two tables. `Row`: as it stores ownership. */
export interface OwnershipAccess<Row extends StoredOwnership> {
  readOwnership(topic: string): Promise<Row[]>;
  /** The rows of the table `rules` with these digests, as they stand: more than one of a digest, or none. */
  readRules(sha256s: readonly string[]): Promise<RulesRow[]>;
  /** Inserts the row if none has its digest. Returns when it can never be applied later. */
  putRules(row: RulesRow): Promise<void>;
  seed(topic: string, seeds: readonly StoredSeed[]): Promise<void>;
  /** Appends the entry to the history if the claim still holds. */
  addSettings(topic: string, partition: number, claimId: string, entry: StoredEntry): Promise<void>;
  /** Replaces the histories of all these partitions if each still has the claim named here, otherwise of none. */
  putHistories(topic: string, changes: readonly StoredHistoryChange[]): Promise<void>;
}
