/**
 * G2: COUNT(*) = COUNT(DISTINCT transaction_id), given the conditions on the input. An id that the rules accept again (a copy
 * with a later event time after the id has expired, or copies in two partitions) breaks a condition, not the guarantee: it
 * is reported apart, where every one of its rows is explained by a record of its own.
 */
import type { FindingLists } from '../findings.ts';
import type { RepeatedId } from '../inputs.ts';
import type { Step } from '../walk.ts';

export class UniquenessCheck {
  readonly #repeated: readonly RepeatedId[];
  /** Position of a repeated row -> whether the rules accept the record there. */
  readonly #accepted = new Map<string, boolean>();

  constructor(repeated: readonly RepeatedId[]) {
    this.#repeated = repeated;
    for (const { rows } of repeated)
      for (const row of rows) this.#accepted.set(place(row.partition, row.kafka_offset), false);
  }

  step({ partition, offset, outcome, trusted }: Step): void {
    const key = place(partition, offset);
    if (!this.#accepted.has(key)) return;
    this.#accepted.set(key, trusted || outcome?.disposition === 'accepted');
  }

  /** Returns what the input did against its conditions. `repeatedCount` counts ids past the limit of the list, too. */
  end(repeatedCount: number, findings: FindingLists): string[] {
    const conditions: string[] = [];
    for (const { transaction_id, rows } of this.#repeated) {
      const places = new Set(rows.map((row) => place(row.partition, row.kafka_offset)));
      const explained = rows.every(
        (row) => row.writer_epoch > 0 && this.#accepted.get(place(row.partition, row.kafka_offset)),
      );
      if (explained && places.size === rows.length) {
        conditions.push(
          `${transaction_id}: accepted ${rows.length} times as the rules say, at ${[...places].join(', ')}`,
        );
        continue;
      }
      findings.add('G2', {
        kind: 'id_twice',
        partition: rows[0]?.partition ?? null,
        offsets: rows.map((row) => row.kafka_offset),
        transactionIds: [transaction_id],
        expected: '1 row',
        actual: `${rows.length} rows`,
        message: `transaction id with ${rows.length} rows in payment_transactions`,
      });
    }
    const unseen = repeatedCount - this.#repeated.length;
    if (unseen > 0)
      findings.add('G2', {
        kind: 'id_twice',
        partition: null,
        offsets: [],
        transactionIds: [],
        message: `${unseen} more transaction ids have more than one row`,
      });
    return conditions;
  }
}

function place(partition: number, offset: number): string {
  return `${partition}/${offset}`;
}
