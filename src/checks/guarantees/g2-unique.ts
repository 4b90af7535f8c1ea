/**
 * G2: COUNT(*) = COUNT(DISTINCT transaction_id), over all rows of payment_transactions, for any cause of a repetition.
 * Where each of the rows is what the rules give for its record, the input has broken a condition (a copy in another
 * partition, or with another event time after its original was forgotten): that is named beside the finding.
 */
import type { FindingLists } from '../findings.ts';
import type { RepeatedId } from '../inputs/verify-inputs.ts';
import type { Step } from '../partition/walk-partition.ts';

interface Accepted {
  readonly sender: string;
  readonly eventTimeMs: number;
}

export class UniquenessCheck {
  readonly #repeated: readonly RepeatedId[];
  readonly #keyRule: string;
  /** Position of a repeated row -> what the rules accept there; null where they accept nothing, or were not asked. */
  readonly #accepted = new Map<string, Accepted | null>();

  /** `keyRule`: what the key of a record is, as the rules say it. */
  constructor(repeated: readonly RepeatedId[], keyRule = 'sender') {
    this.#repeated = repeated;
    this.#keyRule = keyRule;
    for (const { rows } of repeated) for (const row of rows) this.#accepted.set(placeOf(row), null);
  }

  step({ partition, offset, outcome, trusted, rows }: Step): void {
    if (this.#accepted.size === 0) return;
    const key = place(partition, offset);
    if (!this.#accepted.has(key)) return;
    const [row] = rows.payment_transactions;
    if (outcome?.disposition === 'accepted') {
      const { sender_account_id: sender, event_time: eventTimeMs } = outcome.payment;
      this.#accepted.set(key, { sender, eventTimeMs });
    } else if (trusted && row !== undefined)
      this.#accepted.set(key, { sender: row.sender_account_id, eventTimeMs: row.event_time });
  }

  /** Returns what the input did against its conditions. `repeatedCount` counts ids past the limit of the list, too. */
  end(repeatedCount: number, findings: FindingLists): string[] {
    const conditions: string[] = [];
    for (const repeated of this.#repeated) {
      const { transaction_id, rowCount, rows } = repeated;
      const condition = this.#brokenCondition(repeated);
      if (condition !== undefined) conditions.push(`${transaction_id}: ${condition}`);
      findings.add('G2', {
        kind: 'id_twice',
        partition: rows[0]?.partition ?? null,
        offsets: rows.flatMap((row) => row.kafka_offset ?? []),
        transactionIds: [transaction_id],
        expected: '1 row',
        actual: `${rowCount} rows`,
        message:
          `transaction id with ${rowCount} rows in payment_transactions` +
          (condition === undefined ? '' : `; ${condition}`),
      });
    }
    const unseen = repeatedCount - this.#repeated.length;
    if (unseen > 0) {
      const message = `${unseen} more transaction ids have more than one row`;
      const finding = { kind: 'id_twice', partition: null, offsets: [], transactionIds: [], message };
      findings.add('G2', finding, unseen);
    }
    return conditions;
  }

  /** Undefined unless every row is the only one at its place and is what the rules give there. */
  #brokenCondition({ rows, rowCount }: RepeatedId): string | undefined {
    const places = [...new Set(rows.map(placeOf))];
    const accepted = places.map((each) => this.#accepted.get(each) ?? null);
    const isOfPipeline = rows.every(({ writer_epoch }) => (writer_epoch ?? 0) > 0);
    if (places.length !== rowCount || !isOfPipeline || accepted.includes(null)) return undefined;
    const payments = accepted as Accepted[];
    const where = `accepted ${rowCount} times as the rules say, at ${places.join(', ')}`;
    const partitions = new Set(rows.map(({ partition }) => partition));
    const senders = [...new Set(payments.map(({ sender }) => sender))];
    const times = [...new Set(payments.map(({ eventTimeMs }) => eventTimeMs))];
    const time = `event times ${times.map((ms) => new Date(ms).toISOString()).join(' and ')}`;
    if (partitions.size === 1)
      return `${where}: a copy came with another event time after the original was forgotten (${time})`;
    if (this.#keyRule !== 'sender')
      return `${where}: copies in two partitions; with key: ${this.#keyRule} the producers must send all copies of a payment to one`;
    if (senders.length > 1) return `${where}: copies in two partitions, from senders ${senders.join(' and ')}`;
    return `${where}: sender ${senders[0]} has records in two partitions (another partitioner, or another key)`;
  }
}

function placeOf({ partition, kafka_offset }: RepeatedId['rows'][number]): string {
  return place(partition, kafka_offset);
}

function place(partition: number | null, offset: number | null): string {
  return `${partition}/${offset}`;
}
