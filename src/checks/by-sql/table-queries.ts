/**
 * What the checks by SQL need of a sink, of either: Delta tables answer by DuckDB. The statements of the checks are in BigQuery's words;
 * names and the few functions that they use are put into DuckDB's here.
 */
import { quotedTable } from '../../sinks/bigquery/identifiers.ts';
import type { QueryValue } from '../../sinks/bigquery/query/query-values.ts';
import type { AnySink } from '../../sinks/open-sink.ts';
import type { DuckRow, DuckValue } from '../inputs/delta/duck.ts';
import { queryTables } from '../inputs/delta/table-views.ts';
import { billionths } from '../oracle/money.ts';
import type { TableQueries } from './reconcile.ts';

export function tableQueries(sink: AnySink): TableQueries {
  return sink.kind === 'delta' ? deltaTableQueries(sink.location) : sink;
}

/** Stands for the location in statements: its tables have no other name before theirs. */
const PLACE = { projectId: 'delta', dataset: 'location' } as const;
const QUOTED = quotedTable(PLACE, '(\\w+)');
const DAYS_BACK = /DATE_SUB\(CURRENT_DATE\(\), INTERVAL @(\w+) DAY\)/g;

/** Each query sees the newest versions of the tables. */
export function deltaTableQueries(location: string): TableQueries {
  return {
    dataset: PLACE,
    queries: {
      async runQuery(sql, parameters = []) {
        const values = parameters.map(({ name, parameterValue }) => {
          const { value } = parameterValue as { value: string };
          return [name, value] as const;
        });
        return (await queryTables(location, duckdbSql(sql), Object.fromEntries(values))).map(rowOf);
      },
    },
  };
}

function duckdbSql(sql: string): string {
  return sql
    .replace(new RegExp(QUOTED, 'g'), '"$1"')
    .replace(DAYS_BACK, "CAST(now() AT TIME ZONE 'UTC' AS DATE) - to_days(CAST(@$1 AS INTEGER))")
    .replace(/@(\w+)/g, '$$$1');
}

function rowOf(row: DuckRow): Record<string, QueryValue> {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, cellOf(value)]));
}

/** As a query of BigQuery gives it: decimals in billionths, times in ms. */
function cellOf(value: DuckValue): QueryValue {
  if (typeof value !== 'object' || value === null) return value as QueryValue;
  if ('micros' in value) return Number(value.micros) / 1_000;
  const text = String(value);
  return 'scale' in value ? (billionths(text) ?? text) : text;
}
