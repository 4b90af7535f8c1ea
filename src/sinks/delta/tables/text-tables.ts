/** Tables of texts that are never changed, by their key: `rules` and `event_schemas`. Rows are only added. */
import type { Runtime } from '../../../base/runtime.ts';
import type { StoredSchema } from '../../../payments/event/schema/stored-schema.ts';
import type { RulesRow } from '../../ownership/stored-ownership.ts';
import type { SmallTable } from './small-table.ts';

export class TextTables {
  readonly #rules: SmallTable;
  readonly #schemas: SmallTable;
  readonly #runtime: Runtime;

  constructor(tables: { readonly rules: SmallTable; readonly event_schemas: SmallTable }, runtime: Runtime) {
    this.#rules = tables.rules;
    this.#schemas = tables.event_schemas;
    this.#runtime = runtime;
  }

  /** The rows with these digests, as they stand: more than one of a digest, or none. */
  async readRules(sha256s: readonly string[]): Promise<RulesRow[]> {
    if (sha256s.length === 0) return [];
    const rows = await this.#rules.read();
    return rows
      .filter(({ cells }) => sha256s.includes(String(cells.sha256)))
      .map(({ cells: { sha256, revision, text } }) => ({
        sha256: String(sha256),
        revision: Number(revision),
        text: String(text),
      }));
  }

  /** Adds the row if none has its digest. */
  async putRules({ sha256, revision, text }: RulesRow): Promise<void> {
    await this.#rules.change('RULES', (rows) =>
      rows.some(({ cells }) => cells.sha256 === sha256)
        ? []
        : [{ row: { sha256, revision, text, written_at: this.#runtime.nowMs() } }],
    );
  }

  /** The rows with these ids, as they stand: more than one of an id, or none. */
  async readSchemas(ids: readonly number[]): Promise<StoredSchema[]> {
    if (ids.length === 0) return [];
    const rows = await this.#schemas.read();
    return rows
      .filter(({ cells }) => ids.includes(Number(cells.schema_id)))
      .map(({ cells: { schema_id: id, sha256, text } }) => ({
        id: Number(id),
        sha256: String(sha256),
        text: String(text),
      }));
  }

  /** Adds the row if none has its id. */
  async putSchema({ id, sha256, text }: StoredSchema): Promise<void> {
    await this.#schemas.change('SCHEMA', (rows) =>
      rows.some(({ cells }) => cells.schema_id === id)
        ? []
        : [{ row: { schema_id: id, sha256, text, written_at: this.#runtime.nowMs() } }],
    );
  }
}
