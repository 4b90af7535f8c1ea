/**
 * The two checks that anybody can make by SQL while the pipeline runs: COUNT(DISTINCT transaction_id) = COUNT(*), and sums
 * per partition and currency of what lies below each partition's next_offset (the greatest checkpointed) equal to those
 * recomputed from the topic itself. Safe at any moment: what is below a checkpoint does not change, and the checkpoints are
 * read before the payments. Each partition is recomputed once, forward from check to check.
 */
import { quotedTable } from '../../sinks/bigquery/identifiers.ts';
import { textParameter } from '../../sinks/bigquery/query/query-values.ts';
import type { Guarantee } from '../findings.ts';
import type { OwnershipFacts, VerifyInputs } from '../inputs/verify-inputs.ts';
import { billionths, decimalText, plainDecimal } from '../oracle/money.ts';
import { PartitionOracle } from '../oracle/recompute.ts';
import { CheckFailed } from './assertions.ts';
import type { TableQueries } from './reconcile.ts';

/** A table says something other than the topic. */
export class PrefixMismatch extends CheckFailed {
  readonly guarantee: Guarantee;
  readonly kind: string;

  constructor(guarantee: Guarantee, kind: string, message: string) {
    super(message);
    this.guarantee = guarantee;
    this.kind = kind;
  }
}

export interface PrefixReport {
  /** Records below the checkpoints: what was compared. */
  readonly records: number;
  /** Payments that there must be of them. */
  readonly payments: number;
}

interface Sum {
  payments: number;
  total: bigint;
}

/** One partition, recomputed up to `nextOffset`. */
interface Recomputed {
  readonly oracle: PartitionOracle;
  readonly sums: Map<string, Sum>;
  nextOffset: number;
}

export class PrefixCheck {
  readonly #inputs: Pick<VerifyInputs, 'topic' | 'ownership' | 'records'>;
  readonly #sink: TableQueries;
  readonly #partitions = new Map<number, Recomputed>();
  #checking: Promise<unknown> = Promise.resolve();

  constructor(inputs: Pick<VerifyInputs, 'topic' | 'ownership' | 'records'>, sink: TableQueries) {
    this.#inputs = inputs;
    this.#sink = sink;
  }

  /** Throws PrefixMismatch. One after the other, however often it is called meanwhile. */
  check(): Promise<PrefixReport> {
    const checked = this.#checking.then(() => this.#check());
    this.#checking = checked.catch(() => {}); // its caller's
    return checked;
  }

  async #check(): Promise<PrefixReport> {
    await this.#checkUnique();
    const nextOffsets = await this.#nextOffsets();
    if (nextOffsets.size === 0) return { records: 0, payments: 0 };
    const stored = await this.#storedSums(nextOffsets);
    const expected = await this.#recomputedSums(nextOffsets);
    const problems = [...new Set([...expected.keys(), ...stored.keys()])]
      .filter((key) => sumText(expected.get(key)) !== sumText(stored.get(key)))
      .map((key) => `${key}: the topic has ${sumText(expected.get(key))}; the table has ${sumText(stored.get(key))}`);
    if (problems.length > 0) {
      const below = [...nextOffsets].map(([partition, offset]) => `partition ${partition} below ${offset}`);
      throw new PrefixMismatch('G3', 'sql_sums_differ', `${below.join(', ')}: ${problems.join('; ')}`);
    }
    const payments = [...expected.values()].reduce((sum, each) => sum + each.payments, 0);
    const records = [...this.#partitions.values()].reduce((sum, { oracle }) => sum + oracle.counts.consumed, 0);
    return { records, payments };
  }

  async #checkUnique(): Promise<void> {
    const [row] = await this.#sink.queries.runQuery(
      `SELECT COUNT(*) AS total_rows, COUNT(DISTINCT transaction_id) AS ids FROM ${this.#payments}`,
    );
    const [rows, ids] = [Number(row?.total_rows), Number(row?.ids)];
    if (rows !== ids)
      throw new PrefixMismatch('G2', 'sql_not_unique', `payment_transactions: ${rows} rows, ${ids} distinct ids`);
  }

  /** By partition, in order. */
  async #nextOffsets(): Promise<Map<number, number>> {
    const { dataset, queries } = this.#sink;
    const rows = await queries.runQuery(
      `SELECT kafka_partition, MAX(next_offset) AS next_offset FROM ${quotedTable(dataset, 'checkpoint_log')}
       WHERE topic = @topic GROUP BY kafka_partition ORDER BY kafka_partition`,
      [textParameter('topic', this.#inputs.topic)],
    );
    return new Map(rows.map((row) => [Number(row.kafka_partition), Number(row.next_offset)]));
  }

  async #storedSums(nextOffsets: ReadonlyMap<number, number>): Promise<Map<string, Sum>> {
    const below = [...nextOffsets].map(
      ([partition, offset]) => `(kafka_partition = ${partition} AND kafka_offset < ${offset})`,
    );
    const rows = await this.#sink.queries.runQuery(
      `SELECT kafka_partition, currency, COUNT(*) AS payments, CAST(SUM(amount) AS STRING) AS total
       FROM ${this.#payments} WHERE writer_epoch > 0 AND (${below.join(' OR ')})
       GROUP BY kafka_partition, currency ORDER BY kafka_partition, currency`,
    );
    return new Map(
      rows.map((row) => [
        keyOf(Number(row.kafka_partition), String(row.currency)),
        { payments: Number(row.payments), total: billionths(plainDecimal(String(row.total))) ?? -1n },
      ]),
    );
  }

  async #recomputedSums(nextOffsets: ReadonlyMap<number, number>): Promise<Map<string, Sum>> {
    const sums = new Map<string, Sum>();
    for (const facts of await this.#inputs.ownership()) {
      const { partition } = facts;
      const recomputed = this.#partitions.get(partition) ?? startOf(facts);
      this.#partitions.set(partition, recomputed);
      await this.#forward(partition, recomputed, nextOffsets.get(partition) ?? 0);
      for (const [currency, sum] of recomputed.sums) sums.set(keyOf(partition, currency), sum);
    }
    return sums;
  }

  async #forward(partition: number, recomputed: Recomputed, nextOffset: number): Promise<void> {
    if (nextOffset < recomputed.nextOffset) {
      const message = `partition ${partition}: its next_offset was ${recomputed.nextOffset} and is ${nextOffset}`;
      throw new PrefixMismatch('G6', 'sql_checkpoint_went_back', message);
    }
    const chunks = this.#inputs.records(partition, recomputed.nextOffset, nextOffset);
    for await (const chunk of chunks) {
      for (const record of chunk) {
        const outcome = recomputed.oracle.take(record);
        // At once: after a reading that breaks off, the next one resumes here.
        recomputed.nextOffset = record.offset + 1;
        if (outcome.disposition !== 'accepted') continue;
        const { currency, amount } = outcome.payment;
        const sum = recomputed.sums.get(currency) ?? { payments: 0, total: 0n };
        recomputed.sums.set(currency, { payments: sum.payments + 1, total: sum.total + amount });
      }
    }
    recomputed.nextOffset = nextOffset;
  }

  get #payments(): string {
    return quotedTable(this.#sink.dataset, 'payment_transactions');
  }
}

function startOf(facts: OwnershipFacts): Recomputed {
  return { oracle: new PartitionOracle(facts), sums: new Map(), nextOffset: facts.startOffset };
}

function keyOf(partition: number, currency: string): string {
  return `partition ${partition} ${currency}`;
}

function sumText(sum: Sum | undefined): string {
  return `${sum?.payments ?? 0} payments, ${decimalText(sum?.total ?? 0n)}`;
}
