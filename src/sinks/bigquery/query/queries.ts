/** The SinkQueries port, and reads for checks, over one dataset. */

import type { Runtime } from '../../../base/runtime.ts';
import type { StoredSchema } from '../../../payments/event/schema/stored-schema.ts';
import type { FurtherColumn } from '../../../payments/rules/rules.ts';
import type { DataTable } from '../../../payments/types.ts';
import { checkDataset, type DatasetRef, quotedTable } from '../identifiers.ts';
import type { Claim, RulesRow, SinkQueries, StoredEntry, StoredOwnership, StoredSeed } from '../ports.ts';
import { KnownPaymentQueries } from './known-payments.ts';
import { OwnershipQueries } from './ownership-queries.ts';
import { PositionQueries } from './position-queries.ts';
import { type QueryJobLimits, QueryJobs, type ResultField } from './query-job.ts';
import { type QueryParameter, type QueryValue, valueFromCell } from './query-values.ts';
import type { RestCalls } from './rest-client.ts';
import { StoredTexts } from './stored-texts.ts';
import type { WaitingObserver } from './waiting.ts';

const RULES = {
  name: 'rules',
  key: 'sha256',
  columns: { sha256: 'STRING', revision: 'INT64', text: 'STRING' },
} as const;
const EVENT_SCHEMAS = {
  name: 'event_schemas',
  key: 'schema_id',
  columns: { schema_id: 'INT64', sha256: 'STRING', text: 'STRING' },
} as const;

export interface BigQueryQueriesOptions extends WaitingObserver {
  readonly rest: RestCalls;
  readonly runtime: Runtime;
  readonly dataset: DatasetRef;
  readonly limits: QueryJobLimits;
}

export class BigQueryQueries implements SinkQueries {
  readonly #jobs: QueryJobs;
  readonly #ownership: OwnershipQueries;
  readonly #position: PositionQueries;
  readonly known: KnownPaymentQueries;
  readonly #rules: StoredTexts<typeof RULES.columns>;
  readonly #schemas: StoredTexts<typeof EVENT_SCHEMAS.columns>;

  constructor(options: BigQueryQueriesOptions) {
    checkDataset(options.dataset);
    const ownershipTable = quotedTable(options.dataset, 'partition_ownership');
    this.#jobs = new QueryJobs({ ...options, nothing: `UPDATE ${ownershipTable} SET epoch = epoch WHERE FALSE` });
    this.#ownership = new OwnershipQueries(this.#jobs, options.dataset, options.runtime);
    this.#position = new PositionQueries(this.#jobs, options.dataset);
    this.known = new KnownPaymentQueries(this.#jobs, options.dataset);
    this.#rules = new StoredTexts(this.#jobs, options.dataset, options.runtime, RULES);
    this.#schemas = new StoredTexts(this.#jobs, options.dataset, options.runtime, EVENT_SCHEMAS);
  }

  readOwnership(topic: string): Promise<StoredOwnership[]> {
    return this.#ownership.readOwnership(topic);
  }

  readRules(sha256s: readonly string[]): Promise<RulesRow[]> {
    return this.#rules.read(sha256s);
  }

  putRules(row: RulesRow): Promise<void> {
    return this.#rules.put(row);
  }

  async readSchemas(ids: readonly number[]): Promise<StoredSchema[]> {
    return (await this.#schemas.read(ids)).map(({ schema_id: id, sha256, text }) => ({ id, sha256, text }));
  }

  putSchema({ id, sha256, text }: StoredSchema): Promise<void> {
    return this.#schemas.put({ schema_id: id, sha256, text });
  }

  topics(): Promise<string[]> {
    return this.#ownership.topics();
  }

  seed(topic: string, seeds: readonly StoredSeed[]): Promise<void> {
    return this.#ownership.seed(topic, seeds);
  }

  claim(topic: string, claims: readonly Claim[]): Promise<void> {
    return this.#ownership.claim(topic, claims);
  }

  addSettings(topic: string, partition: number, claimId: string, entry: StoredEntry): Promise<void> {
    return this.#ownership.addSettings(topic, partition, claimId, entry);
  }

  putSkipped(...args: Parameters<SinkQueries['putSkipped']>): ReturnType<SinkQueries['putSkipped']> {
    return this.#ownership.putSkipped(...args);
  }

  putHistories(...args: Parameters<SinkQueries['putHistories']>): ReturnType<SinkQueries['putHistories']> {
    return this.#ownership.putHistories(...args);
  }

  removeRows(...args: Parameters<SinkQueries['removeRows']>): ReturnType<SinkQueries['removeRows']> {
    return this.#position.removeRows(...args);
  }

  latestCheckpoint(...args: Parameters<SinkQueries['latestCheckpoint']>): ReturnType<SinkQueries['latestCheckpoint']> {
    return this.#position.latestCheckpoint(...args);
  }

  tablesWithRows(...args: Parameters<SinkQueries['tablesWithRows']>): ReturnType<SinkQueries['tablesWithRows']> {
    return this.#position.tablesWithRows(...args);
  }

  rowsFrom<T extends DataTable>(table: T, partition: number, from: number, further?: readonly FurtherColumn[]) {
    return this.#position.rowsFrom(table, partition, from, further);
  }

  payments(...args: Parameters<SinkQueries['payments']>): ReturnType<SinkQueries['payments']> {
    return this.#position.payments(...args);
  }

  knownPayments(...args: Parameters<SinkQueries['knownPayments']>): ReturnType<SinkQueries['knownPayments']> {
    return this.known.read(...args);
  }

  /**
   * A read for checks and reports, with exact values (see valueFromCell). Only SELECT and WITH; values as parameters. For
   * results that fit into memory.
   */
  async runQuery(sql: string, parameters: readonly QueryParameter[] = []): Promise<Record<string, QueryValue>[]> {
    const { fields, rows } = await this.#jobs.read({ what: 'query', sql: checkIsRead(sql), parameters });
    return rows.map((cells) => rowOf(fields, cells));
  }

  /** The same, page by page, for results of any size. One attempt: a job that is lost half way rejects. */
  async *streamQuery(
    sql: string,
    parameters: readonly QueryParameter[] = [],
    pageRows = 5_000,
  ): AsyncGenerator<Record<string, QueryValue>[]> {
    const statement = { what: 'query', sql: checkIsRead(sql), parameters };
    const patience = this.#jobs.patience(statement.what);
    for await (const { fields, rows } of this.#jobs.pages(statement, pageRows, patience)) {
      patience.success();
      yield rows.map((cells) => rowOf(fields, cells));
    }
  }
}

function rowOf(fields: readonly ResultField[], cells: readonly unknown[]): Record<string, QueryValue> {
  return Object.fromEntries(fields.map(({ name, type }, i) => [name, valueFromCell(type, cells[i])]));
}

function checkIsRead(sql: string): string {
  const text = sql.replace(/^(?:\s+|--[^\n]*\n)+/, '');
  if (!/^(?:SELECT|WITH)\b/i.test(text)) throw new RangeError(`not a read: ${text.slice(0, 60)}`);
  return sql;
}
