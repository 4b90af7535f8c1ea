/** The document of --json, the same for one benchmark and for all, and the texts made from it. */
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import { tableText } from '../../src/base/text/table.ts';
import { allReached, type BenchResult } from './result.ts';

export interface BenchDocument {
  readonly machine: {
    readonly cores: number;
    readonly processor: string;
    readonly memoryGiB: number;
    readonly node: string;
    /** One minute's load before the run: other work makes figures worse. */
    readonly loadBefore: number;
  };
  readonly tookMinutes: number;
  /** Small sizes: the figures mean nothing. */
  readonly smoke: boolean;
  readonly reached: boolean;
  readonly results: readonly BenchResult[];
}

export interface Started {
  readonly atMs: number;
  readonly load: number;
}

export function startClock(): Started {
  return { atMs: performance.now(), load: Math.round((loadavg()[0] ?? 0) * 100) / 100 };
}

export function documentOf(results: readonly BenchResult[], started: Started, smoke: boolean): BenchDocument {
  return {
    machine: {
      cores: availableParallelism(),
      processor: cpus()[0]?.model ?? 'unknown',
      memoryGiB: Math.round(totalmem() / 2 ** 30),
      node: process.version,
      loadBefore: started.load,
    },
    tookMinutes: Math.round((performance.now() - started.atMs) / 600) / 100,
    smoke,
    reached: allReached(results),
    results,
  };
}

/** Throws if the file is not such a document. */
export function readDocument(file: string): BenchDocument {
  // `npm run` prints its command first.
  const text = readFileSync(file, 'utf8').replace(/^(?:> .*|\s*)\n/gm, '');
  const document = JSON.parse(text) as BenchDocument;
  if (!Array.isArray(document.results)) throw new Error(`${file}: not what \`npm run bench -- NAME --json\` prints`);
  return document;
}

/** `width`: of the terminal, to which the table is fitted. */
export function textOf(document: BenchDocument, width?: number): string {
  const { results, machine, tookMinutes, smoke } = document;
  const head = ['figure', 'unit', 'must', 'aim', 'measured', 'min', 'max', 'runs', 'verdict'];
  const rows = results.map(({ name, unit, must, aim, figure, min, max, runs, verdict }) => [
    name,
    unit,
    ...[must, aim, figure, min, max].map(numberText),
    String(runs),
    verdict,
  ]);
  const said = [...new Map(results.map((result) => [result.benchmark, result])).values()];
  const lines = said.flatMap(({ benchmark, limits, sizes, detail }) => [
    '',
    `${benchmark}: ${limits}`,
    ...Object.entries({ ...sizes, ...detail }).map(([name, value]) => `  ${name}: ${factText(value)}`),
  ]);
  const where = `${machine.cores} cores (${machine.processor}), ${machine.memoryGiB} GiB, Node ${machine.node}, load ${machine.loadBefore} before`;
  return [
    tableText(head, rows, width),
    ...lines,
    '',
    `${where}; ${tookMinutes} minutes${smoke ? '; SMALL SIZES: the figures say nothing' : ''}`,
  ].join('\n');
}

/** The table of docs/performance.md. */
export function markdownOf({ results }: BenchDocument): string {
  const rows = results.map(({ name, benchmark, what, unit, must, aim, figure, min, median, max, runs, verdict }) => {
    const worst = figure === median ? '' : `; median ${numberText(median)}`;
    const spread = runs > 1 ? ` (${numberText(min)} to ${numberText(max)}${worst}, ${runs} runs)` : ' (one run)';
    const measured = figure === null ? [] : [`${numberText(figure)}${spread}`];
    const mark = { MISSED: ['**missed**'], failed: ['**failed**'] }[verdict as string] ?? [];
    const told = [...mark, ...measured].join(': ');
    return `| ${name} | ${what} | ${unit} | ${numberText(must)} | ${numberText(aim)} | ${told} | \`npm run bench -- ${benchmark}\` |`;
  });
  return ['| figure | what | unit | must | aim | measured | command |', '|---|---|---|---|---|---|---|', ...rows].join(
    '\n',
  );
}

const TABLE_BEGINS = '<!-- figures: npm run bench -- table -->';
const TABLE_ENDS = '<!-- end of figures -->';

/** The page with the table between its marks: its rows that the document does not have stay. Throws without marks. */
export function withTable(page: string, table: string): string {
  const from = page.indexOf(TABLE_BEGINS);
  const to = page.indexOf(TABLE_ENDS);
  if (from < 0 || to < from) throw new RangeError(`the page has no ${TABLE_BEGINS} with ${TABLE_ENDS} after it`);
  const nameOf = (row: string) => row.split('|')[1]?.trim();
  const fresh = table.split('\n');
  const known = new Map(fresh.slice(2).map((row) => [nameOf(row), row]));
  const old = page
    .slice(from + TABLE_BEGINS.length, to)
    .split('\n')
    .filter((row) => row.startsWith('|'))
    .slice(2);
  const oldNames = new Set(old.map(nameOf));
  const rows = [
    ...old.map((row) => known.get(nameOf(row)) ?? row),
    ...fresh.slice(2).filter((row) => !oldNames.has(nameOf(row))),
  ];
  return [page.slice(0, from) + TABLE_BEGINS, ...fresh.slice(0, 2), ...rows, page.slice(to)].join('\n');
}

export function numberText(value: number | null): string {
  if (value === null) return '';
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString('en', { maximumFractionDigits: digits });
}

function factText(value: unknown): string {
  if (typeof value === 'number') return numberText(value);
  return typeof value === 'string' ? value : JSON.stringify(value);
}
