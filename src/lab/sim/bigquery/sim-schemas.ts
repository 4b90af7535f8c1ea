/** The table event_schemas of the simulated BigQuery. Every answer is a copy. */
import type { StoredSchema } from '../../../payments/event/schema/stored-schema.ts';
import { copy } from './sim-encoder.ts';

export class SimSchemas {
  readonly #rows: StoredSchema[] = [];

  read(ids: readonly number[]): StoredSchema[] {
    return this.#rows.filter(({ id }) => ids.includes(id)).map(copy);
  }

  /** As `verify` reads it. */
  all(): { schema_id: number; sha256: string; text: string }[] {
    return this.#rows.map(({ id, sha256, text }) => ({ schema_id: id, sha256, text }));
  }

  /** Rows as they were found: an id may be there twice, and a text may not be the one of its digest. */
  load(rows: readonly StoredSchema[]): void {
    this.#rows.push(...rows.map(copy));
  }

  /** INSERT ... WHERE NOT EXISTS; whether it inserted the row. */
  put(row: StoredSchema): boolean {
    if (this.read([row.id]).length > 0) return false;
    this.#rows.push(copy(row));
    return true;
  }
}
