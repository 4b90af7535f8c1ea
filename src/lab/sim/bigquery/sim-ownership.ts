/**
 * partition_ownership of the simulated BigQuery: rows changed by conditional statements, each atomic; and the table
 * `rules`. Every answer is a copy. Invariant: of the claims on one epoch exactly one takes effect.
 */
import { loadedRules, rulesFromCanonical } from '../../../payments/rules/rules-document.ts';
import type { SettingsEntry } from '../../../payments/types.ts';
import type { SkippedRange } from '../../../processor/ports.ts';
import type {
  Claim,
  OwnershipRow,
  RulesRow,
  StoredEntry,
  StoredHistoryChange,
  StoredOwnership,
  StoredSeed,
  StreamRef,
} from '../../../sinks/bigquery/ports.ts';
import { copy } from './sim-encoder.ts';

export class SimOwnership {
  readonly #rows: StoredOwnership[] = [];
  readonly #rules: RulesRow[] = [];

  /** All rows of a topic, ascending by partition. */
  read(topic: string): StoredOwnership[] {
    return this.#rows
      .filter((row) => row.topic === topic)
      .sort((a, b) => a.partition - b.partition)
      .map(copy);
  }

  /** The same, with the rules of the histories. */
  readWithRules(topic: string): OwnershipRow[] {
    const loaded = ({ rules, ...entry }: StoredEntry): SettingsEntry => {
      if (rules === undefined) return entry;
      return { ...entry, rules: loadedRules(rulesFromCanonical(this.rules([rules.sha256])[0]!.text)) };
    };
    return this.read(topic).map((row) => ({ ...row, history: row.history.map(loaded) }));
  }

  /** Rows of a world that begins with a dataset. */
  put(rows: readonly StoredOwnership[]): void {
    this.#rows.push(...rows.map(copy));
  }

  /** The table `rules`: its rows with these digests. */
  rules(sha256s: readonly string[]): RulesRow[] {
    return this.#rules.filter(({ sha256 }) => sha256s.includes(sha256)).map(copy);
  }

  /** Rows as somebody's hand may leave them. */
  loadRules(rows: readonly RulesRow[]): void {
    this.#rules.push(...rows.map(copy));
  }

  /** INSERT ... WHERE NOT EXISTS. */
  putRules(row: RulesRow): void {
    if (this.rules([row.sha256]).length === 0) this.#rules.push(copy(row));
  }

  topics(): string[] {
    return [...new Set(this.#rows.map((row) => row.topic))];
  }

  /** INSERT ... WHERE NOT EXISTS, for each. */
  seed(topic: string, seeds: readonly StoredSeed[], nowMs: number): void {
    for (const seed of seeds) {
      if (this.#find(topic, seed.partition) >= 0) continue;
      const unowned = { epoch: 0, owner: '', claimId: '', streams: [], skipped: [], claimedAtMs: nowMs };
      this.#rows.push({ topic, ...copy(seed), ...unowned });
    }
  }

  /** UPDATE ... WHERE epoch = expected, for each; returns the partitions that were claimed. */
  claim(topic: string, claims: readonly Claim[], nowMs: number): number[] {
    const won: number[] = [];
    for (const { partition, expectedEpoch, claimId, owner, streams } of claims) {
      const at = this.#find(topic, partition);
      const row = this.#rows[at];
      if (row === undefined || row.epoch !== expectedEpoch) continue;
      const claimed = { epoch: expectedEpoch + 1, claimId, owner, streams: copy(streams), claimedAtMs: nowMs };
      this.#rows[at] = { ...row, ...claimed };
      won.push(partition);
    }
    return won;
  }

  /** UPDATE ... WHERE claim_id = claimId, and the entry is not the last one already; whether it changed the row. */
  addSettings(topic: string, partition: number, claimId: string, entry: StoredEntry): boolean {
    const at = this.#find(topic, partition);
    const row = this.#rows[at];
    if (row === undefined || row.claimId !== claimId) return false;
    if (JSON.stringify(row.history.at(-1)) === JSON.stringify(entry)) return false;
    this.#rows[at] = { ...row, history: [...row.history, copy(entry)] };
    return true;
  }

  /** UPDATE ... WHERE claim_id = claimId; whether it changed the row. */
  putSkipped(
    topic: string,
    partition: number,
    claimId: string,
    skipped: readonly SkippedRange[],
    streams: readonly StreamRef[],
  ): boolean {
    const at = this.#find(topic, partition);
    const row = this.#rows[at];
    if (row === undefined || row.claimId !== claimId) return false;
    this.#rows[at] = { ...row, skipped: copy(skipped), streams: copy(streams) };
    return true;
  }

  /** One UPDATE: all rows, or none; whether it changed them. */
  putHistories(topic: string, changes: readonly StoredHistoryChange[]): boolean {
    const places = changes.map(({ partition }) => this.#find(topic, partition));
    if (!changes.every(({ claimId }, i) => this.#rows[places[i]!]?.claimId === claimId)) return false;
    changes.forEach(({ history }, i) => {
      this.#rows[places[i]!] = { ...this.#rows[places[i]!]!, history: copy(history) };
    });
    return true;
  }

  #find(topic: string, partition: number): number {
    return this.#rows.findIndex((row) => row.topic === topic && row.partition === partition);
  }
}
