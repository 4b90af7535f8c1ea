/**
 * G6, of the settings history: rules change where an owner takes over, and nowhere else. So the rows right below an entry's
 * offset have an owner before the one of the rows from there on (some of them: a new owner writes what the one before left out).
 *
 * On Delta Lake a table says how far it is, also where no row is right below: there the last row of one of the tables has an owner
 * before.
 */
import type { FindingLists } from '../findings.ts';
import type { OwnershipFacts, RowPosition } from '../inputs/verify-inputs.ts';
import { CHECKED_TABLES, type Step } from '../partition/walk-partition.ts';

export class HistoryCheck {
  readonly #partition: number;
  readonly #findings: FindingLists;
  /** Where entries but the first begin, ascending; those passed are gone. */
  readonly #boundaries: number[];
  #before: { readonly offset: number; readonly epoch: number } | undefined;
  /** Of the last row of each table, where tables say how far they are. */
  readonly #lastEpochs: Map<string, number> | undefined;

  constructor({ partition, history, streams }: OwnershipFacts, findings: FindingLists) {
    this.#partition = partition;
    this.#findings = findings;
    this.#lastEpochs = streams === undefined ? new Map() : undefined;
    this.#boundaries = history.slice(1).map(({ fromOffset }) => fromOffset);
  }

  step({ offset, rows }: Step): void {
    if (this.#boundaries.length === 0) return;
    const epochs = CHECKED_TABLES.flatMap((table) =>
      (rows[table] as readonly RowPosition[]).map(({ writer_epoch }) => writer_epoch),
    );
    if (epochs.length === 0) return;
    const epoch = Math.min(...epochs);
    const before = this.#before;
    while (this.#boundaries[0] !== undefined && this.#boundaries[0] <= offset) {
      const boundary = this.#boundaries.shift()!;
      if (before === undefined || before.epoch < epoch) continue;
      this.#findings.add('G6', {
        kind: 'settings_without_takeover',
        partition: this.#partition,
        offsets: [...new Set([before.offset, boundary, offset])],
        transactionIds: [],
        expected: 'rows of a later epoch from there on',
        actual: `epoch ${before.epoch} at offset ${before.offset}, epoch ${epoch} at offset ${offset}`,
        message: `partition_ownership: settings_history has other rules from offset ${boundary} on, where nobody took over`,
      });
    }
    this.#before = { offset, epoch: this.#lastEpoch(rows) ?? epoch };
  }

  /** The least of the last rows' epochs up to this step. */
  #lastEpoch(rows: Step['rows']): number | undefined {
    const epochs = this.#lastEpochs;
    if (epochs === undefined) return undefined;
    for (const table of CHECKED_TABLES) {
      const last = rows[table].at(-1);
      if (last !== undefined) epochs.set(table, last.writer_epoch);
    }
    return Math.min(...epochs.values());
  }
}
