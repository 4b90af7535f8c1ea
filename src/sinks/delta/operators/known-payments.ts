/**
 * known_payments on Delta Lake: filled once from a query of the operator, read by takeovers, by `backfill` and by checks. Rows of a
 * list never change; a list is in the table as a whole, by one commit, or not at all.
 */
import type { KnownPayment } from '../../../payments/types.ts';
import type { KnownPayments } from '../../../processor/ports.ts';
import type { DataFile, DeltaTable, FileFormat } from '../ports.ts';
import { Rewriter, uploadRows } from '../rows/row-files.ts';
import { filesOf, mayHaveTime, scanRows } from '../rows/stored-rows.ts';
import { KnownIdsQuery } from './known-ids-query.ts';

export interface KnownParts {
  /** known_payments. */
  readonly table: DeltaTable;
  readonly format: FileFormat;
}

const FILE_ROWS = 100_000;

/** The transaction that is set once a list is written. */
function listTxn(list: string): string {
  return `provenonce/known/${list}`;
}

export class DeltaKnownPayments implements KnownPayments {
  readonly #parts: KnownParts;

  constructor(parts: KnownParts) {
    this.#parts = parts;
  }

  survey(query: string) {
    return asking((known) => known.survey(query));
  }

  countFrom(query: string, fromMs: number): Promise<number> {
    return asking((known) => known.countFrom(query, fromMs));
  }

  async fill(list: string, query: string): Promise<void> {
    const { table } = this.#parts;
    const appId = listTxn(list);
    if ((await table.refresh())?.txns.has(appId)) return;
    const adds = await asking((known) => this.#upload(list, known.payments(query)));
    await table.commit(({ txns }) =>
      txns.has(appId) ? undefined : { operation: 'SEED', adds, txns: new Map([[appId, 1]]) },
    );
  }

  async *read(list: string, fromMs: number): AsyncGenerator<readonly KnownPayment[]> {
    const mayHave = mayHaveTime('event_time', fromMs, Number.POSITIVE_INFINITY);
    const snapshot = await this.#parts.table.refresh();
    if (snapshot === undefined) return;
    for await (const rows of scanRows(this.#parts, snapshot, { mayHave })) {
      const known = rows.flatMap((row) => {
        const eventTimeMs = Number(row.event_time as bigint) / 1_000;
        if (row.list !== list || eventTimeMs < fromMs) return [];
        return [{ transactionId: String(row.transaction_id), eventTimeMs }];
      });
      if (known.length > 0) yield known;
    }
  }

  /** Which of these ids the list has. */
  async idsIn(list: string, ids: readonly string[]): Promise<ReadonlySet<string>> {
    const wanted = new Set(ids);
    const found = new Set<string>();
    if (wanted.size === 0) return found;
    for await (const payments of this.read(list, Number.NEGATIVE_INFINITY))
      for (const { transactionId } of payments) if (wanted.has(transactionId)) found.add(transactionId);
    return found;
  }

  async removeOthers(list: string): Promise<void> {
    const rewriter = new Rewriter(this.#parts, (row) => (row.list === list ? row : undefined));
    await this.#parts.table.commit(async (snapshot) => {
      const { adds, removes } = await rewriter.rewrite(snapshot, filesOf(snapshot, {}));
      return removes.length === 0 ? undefined : { operation: 'DELETE', adds, removes };
    });
  }

  async #upload(list: string, chunks: AsyncIterable<readonly KnownPayment[]>): Promise<DataFile[]> {
    const files: DataFile[] = [];
    let rows: { list: string; transaction_id: string; event_time: number }[] = [];
    const flush = async (): Promise<void> => {
      if (rows.length > 0) files.push(...(await uploadRows(this.#parts, rows)));
      rows = [];
    };
    for await (const payments of chunks) {
      for (const { transactionId, eventTimeMs } of payments)
        rows.push({ list, transaction_id: transactionId, event_time: eventTimeMs });
      if (rows.length >= FILE_ROWS) await flush();
    }
    await flush();
    return files;
  }
}

async function asking<T>(work: (known: KnownIdsQuery) => Promise<T>): Promise<T> {
  const known = await KnownIdsQuery.open();
  try {
    return await work(known);
  } finally {
    known.close();
  }
}
