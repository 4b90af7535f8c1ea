/**
 * G6, of what a checkpoint on Delta Lake remembers: how far each data table was, and how many rows of the partition it had below. A
 * takeover stops where a table says less, so both are counted again.
 */
import type { CheckedTable, CheckpointCells, OwnershipFacts } from '../inputs/verify-inputs.ts';
import { CHECKED_TABLES, type Step } from '../partition/walk-partition.ts';
import { anotherCheckpoint, type Contradiction } from './g6-found-rows.ts';

const NAMES: readonly string[] = ['next', 'rows', 'of'];

export class PositionsCheck {
  readonly #facts: Pick<OwnershipFacts, 'partition' | 'fixed'>;
  /** Rows of owners below the step, by table. */
  readonly #rows: Record<CheckedTable, number> = { ...NONE };
  /** The offset after that of the last one. */
  readonly #after: Record<CheckedTable, number> = { ...NONE };

  constructor(facts: OwnershipFacts) {
    this.#facts = facts;
  }

  /** In the order of the walk. */
  step({ rows }: Step): void {
    for (const table of CHECKED_TABLES) {
      this.#rows[table] += rows[table].length;
      const last = rows[table].at(-1);
      if (last !== undefined) this.#after[table] = last.kafka_offset + 1;
    }
  }

  /** `said`: its column stream_offsets. */
  checkpoint({ writer_epoch, next_offset }: CheckpointCells, said: Readonly<Record<string, unknown>>): Contradiction[] {
    const found: Contradiction[] = [];
    const unknown = Object.keys(said).filter((name) => !NAMES.includes(name));
    if (unknown.length > 0) {
      const message = 'stream_offsets says something that nobody writes there';
      found.push({ ...DIFFERS, expected: NAMES.join(', '), actual: unknown.join(', '), message, offsets: [] });
    }
    const another = anotherCheckpoint(this.#facts, writer_epoch, next_offset, said);
    if (another !== undefined) found.push(another);
    for (const table of CHECKED_TABLES) {
      const [rows, next] = [numberIn(said.rows, table), numberIn(said.next, table)];
      if (rows !== this.#rows[table]) {
        const message = `stream_offsets remembers ${rows ?? 'no number of'} rows of ${table}; the table has ${this.#rows[table]} below`;
        found.push({ ...DIFFERS, expected: String(this.#rows[table]), actual: String(rows), message, offsets: [] });
      }
      const after = this.#after[table];
      if (next === undefined || next < after || next > next_offset) {
        const message = `stream_offsets remembers ${table} at ${next ?? 'no offset'}; its last row below is at ${after - 1}`;
        found.push({ ...DIFFERS, expected: `${after} to ${next_offset}`, actual: String(next), message, offsets: [] });
      }
    }
    return found;
  }
}

const NONE = {
  payment_transactions: 0,
  payment_transactions_fraud: 0,
  payment_metrics_partials: 0,
  payment_exceptions: 0,
} as const;

const DIFFERS = { kind: 'position_differs' };

function numberIn(value: unknown, table: string): number | undefined {
  const number = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[table] : undefined;
  return Number.isSafeInteger(number) ? (number as number) : undefined;
}
