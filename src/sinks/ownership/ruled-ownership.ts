/**
 * Ownership rows with the rules of their histories: a row holds only the digest of a text, and the table `rules` holds the text.
 *
 * Invariants: 1. a text is read back before an entry that names it is written; 2. rules that are handed out have the digest that
 * the row names.
 */
import { ContradictionError } from '../../base/errors.ts';
import { sha256Hex } from '../../base/text/sha256.ts';
import type { LoadedRules, RulesRef } from '../../payments/rules/rules.ts';
import { rulesFromCanonical } from '../../payments/rules/rules-document.ts';
import type { SettingsEntry } from '../../payments/types.ts';
import type { HistoryChange, Seed } from '../../processor/ports.ts';
import type { OwnershipAccess, RulesRow, StoredEntry, StoredOwnership } from './stored-ownership.ts';

/** The row of a sink with the rules of its history. */
export type Loaded<Row extends StoredOwnership> = Omit<Row, 'history'> & { readonly history: readonly SettingsEntry[] };

const MEND =
  'Restore the table rules as it was (runbook, rules_missing), then run `provenonce schema apply --accept-restored rules`. ' +
  'Nothing was written.';

export class RuledOwnership<Row extends StoredOwnership> {
  readonly #queries: OwnershipAccess<Row>;
  /** Read and checked. A text never changes. */
  readonly #known = new Map<string, LoadedRules>();

  constructor(queries: OwnershipAccess<Row>) {
    this.#queries = queries;
  }

  /** Throws ContradictionError if a text is missing or is another one. */
  async readOwnership(topic: string): Promise<Loaded<Row>[]> {
    const rows = await this.#queries.readOwnership(topic);
    return this.load(rows);
  }

  async load(rows: readonly Row[]): Promise<Loaded<Row>[]> {
    await this.#learn(rows.flatMap(({ history }) => history.flatMap(({ rules }) => rules ?? [])));
    return rows.map((row) => ({ ...row, history: row.history.map((entry) => this.#loaded(entry)) }));
  }

  async seed(topic: string, seeds: readonly Seed[]): Promise<void> {
    await this.#keep(seeds.flatMap(({ history }) => history));
    await this.#queries.seed(topic, seeds.map(stored));
  }

  async addSettings(topic: string, partition: number, claimId: string, entry: SettingsEntry): Promise<void> {
    await this.#keep([entry]);
    await this.#queries.addSettings(topic, partition, claimId, storedEntry(entry));
  }

  async putHistories(topic: string, changes: readonly HistoryChange[]): Promise<void> {
    await this.#keep(changes.flatMap(({ history }) => history));
    await this.#queries.putHistories(topic, changes.map(stored));
  }

  #loaded(entry: StoredEntry): SettingsEntry {
    const { rules, ...others } = entry;
    return rules === undefined ? others : { ...others, rules: this.#known.get(rules.sha256)! };
  }

  /** Stores the texts that were never read, and reads them back. */
  async #keep(entries: readonly SettingsEntry[]): Promise<void> {
    for (const { rules } of entries) {
      if (rules === undefined || this.#known.has(rules.sha256)) continue;
      await this.#queries.putRules({ ...refOf(rules), text: rules.text });
      await this.#learn([rules]);
    }
  }

  async #learn(refs: readonly RulesRef[]): Promise<void> {
    const wanted = new Map(refs.filter(({ sha256 }) => !this.#known.has(sha256)).map((ref) => [ref.sha256, ref]));
    if (wanted.size === 0) return;
    const found = Map.groupBy(await this.#queries.readRules([...wanted.keys()]), ({ sha256 }) => sha256);
    for (const ref of wanted.values()) this.#known.set(ref.sha256, checked(ref, found.get(ref.sha256) ?? []));
  }
}

function stored<T extends { readonly history: readonly SettingsEntry[] }>(row: T) {
  return { ...row, history: row.history.map(storedEntry) };
}

/** As the row holds it: an entry without rules is unchanged, member for member. */
export function storedEntry(entry: SettingsEntry): StoredEntry {
  const { rules, ...others } = entry;
  return rules === undefined ? others : { ...others, rules: refOf(rules) };
}

function refOf({ revision, sha256 }: RulesRef): RulesRef {
  return { revision, sha256 };
}

/** The rules of a digest, from the rows that have it. */
function checked(ref: RulesRef, rows: readonly RulesRow[]): LoadedRules {
  const { revision, sha256 } = ref;
  const named = `the rules of revision ${revision} (sha256 ${sha256}), which a settings history names`;
  const [row] = rows;
  if (row === undefined) throw new ContradictionError('rules_missing', `${named}, are not in the table rules. ${MEND}`);
  const changed = rows.find(({ text }) => sha256Hex(text) !== sha256);
  if (changed !== undefined) {
    throw new ContradictionError(
      'rules_changed',
      `${named}, are another text in the table rules: its digest is ${sha256Hex(changed.text)}. ${MEND}`,
    );
  }
  try {
    const rules = rulesFromCanonical(row.text);
    if (rules.revision !== revision) throw new RangeError(`its text has the revision ${rules.revision}`);
    return { revision, sha256, text: row.text, rules };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ContradictionError(
      'rules_changed',
      `${named}, cannot be used: ${error.message}. A newer release wrote them, or somebody changed them by hand. ${MEND}`,
      { cause: error },
    );
  }
}
