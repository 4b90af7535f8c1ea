/**
 * `node deploy/check-live.ts http://127.0.0.1:9090`: sends every query of the dashboard to a Prometheus that scrapes
 * running processors, and reports which return data. Ends with 1 if one returns none, except for the reconciliation's,
 * which comes from a file.
 */
import { ROWS } from './grafana/panels.ts';

const FROM_A_FILE = 'provenonce_reconciliation_days';

interface Answer {
  readonly status: string;
  readonly error?: string;
  readonly data?: { readonly result: readonly { readonly value: readonly [number, string] }[] };
}

const [address] = process.argv.slice(2);
if (address === undefined) throw new Error('give the address of a Prometheus, as http://127.0.0.1:9090');
for (const { title, queries } of ROWS.flatMap(({ panels }) => panels)) {
  for (const [legend, query] of Object.entries(queries)) {
    const response = await fetch(`${address}/api/v1/query?${new URLSearchParams({ query })}`);
    const { status, error, data } = (await response.json()) as Answer;
    const values = (data?.result ?? []).map(({ value }) => value[1]).filter((value) => value !== 'NaN');
    const isFine = status === 'success' && (values.length > 0 || query.includes(FROM_A_FILE));
    if (!isFine) process.exitCode = 1;
    process.stdout.write(`${isFine ? '✔' : '✘'} ${title}, ${legend}: ${error ?? (values.join(' ') || 'no data')}\n`);
  }
}
