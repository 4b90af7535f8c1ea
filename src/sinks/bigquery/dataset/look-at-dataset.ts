/**
 * What there is of a dataset: one datasets.get and one tables.get for each table, side by side, and nothing that runs as a job.
 * Resources as https://cloud.google.com/bigquery/docs/reference/rest/v2/tables has them; numbers are decimal strings there.
 */
import type { DatasetRef } from '../identifiers.ts';
import { type RestCalls, RestError } from '../query/rest-client.ts';

export interface FieldResource {
  readonly name: string;
  readonly type: string;
  /** NULLABLE where it is not given. */
  readonly mode?: string;
  readonly precision?: string;
  readonly scale?: string;
  readonly collation?: string;
}

export interface TableResource {
  /** TABLE, VIEW, SNAPSHOT, EXTERNAL, CLONE, ... */
  readonly type?: string;
  /** Ms since the epoch. Another one means another table: a drop, a replacement and a copy all give a new one. */
  readonly creationTime?: string;
  readonly expirationTime?: string;
  readonly defaultCollation?: string;
  readonly requirePartitionFilter?: boolean;
  readonly schema?: { readonly fields?: readonly FieldResource[] };
  readonly timePartitioning?: {
    readonly type?: string;
    readonly field?: string;
    readonly expirationMs?: string;
    readonly requirePartitionFilter?: boolean;
  };
  readonly rangePartitioning?: {
    readonly field?: string;
    readonly range?: { readonly start?: string; readonly end?: string; readonly interval?: string };
  };
  readonly clustering?: { readonly fields?: readonly string[] };
  readonly labels?: Readonly<Record<string, string>>;
  /** Of a view: the query in its statement. */
  readonly view?: { readonly query?: string };
}

export interface DatasetResource {
  readonly location?: string;
  readonly defaultTableExpirationMs?: string;
  readonly defaultPartitionExpirationMs?: string;
  readonly defaultCollation?: string;
  readonly maxTimeTravelHours?: string;
}

export interface DatasetLook {
  /** Undefined where there is no such dataset. */
  readonly dataset: DatasetResource | undefined;
  /** By name; undefined where it is not there. */
  readonly tables: ReadonlyMap<string, TableResource | undefined>;
}

export function hasNoTables({ tables }: DatasetLook): boolean {
  return [...tables.values()].every((table) => table === undefined);
}

/** One attempt. Rejects with RestError where anything but "not found" is in the way. */
export async function lookAtDataset(
  rest: RestCalls,
  { dataset: name }: DatasetRef,
  tables: readonly string[],
): Promise<DatasetLook> {
  const path = `/datasets/${name}`;
  const [dataset, ...found] = await Promise.all([
    orUndefined(rest.request<DatasetResource>({ method: 'GET', path })),
    ...tables.map((table) =>
      orUndefined(rest.request<TableResource>({ method: 'GET', path: `${path}/tables/${table}` })),
    ),
  ]);
  return { dataset, tables: new Map(tables.map((table, i) => [table, found[i]])) };
}

async function orUndefined<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof RestError && error.isNotFound) return undefined;
    throw error;
  }
}
