/** The reference pages name everything that the code has, and nothing else. */
import { globSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { rulesSchemaText } from '../src/cli/commands/rules/schema.ts';
import { createMetrics } from '../src/observability/metrics.ts';
import { REASON_CODES } from '../src/payments/types.ts';
import { BACKFILL_POINTS, CRASH_POINTS, RESCALE_POINTS } from '../src/processor/crash-points.ts';
import { configurationPage } from './configuration-page.ts';
import { firstCells, readRepositoryFile, sectionOf } from './testing/markdown.ts';

const page = (name: string): string => readRepositoryFile(`docs/reference/${name}.md`);

/** Names of a union that exists as a type only. */
function namesIn(file: string, pattern: RegExp): string[] {
  const names = [...readRepositoryFile(file).matchAll(pattern)].map(([, name]) => name!);
  expect(names.length).toBeGreaterThan(10);
  return names;
}

function sorted(names: Iterable<string>): string[] {
  return [...names].sort();
}

test('rules.schema.json is what the schema of rules files gives (npm run docs:generate)', () => {
  expect(readRepositoryFile('docs/reference/rules.schema.json')).toBe(rulesSchemaText());
});

test('configuration.md is what the table of settings gives (npm run docs:generate)', () => {
  expect(page('configuration')).toBe(configurationPage());
});

test('every reason code is explained', () => {
  expect(sorted(firstCells(page('reason-codes')))).toEqual(sorted(REASON_CODES));
});

test('every error code has its entry in the runbook', () => {
  const union = /export type ContradictionCode =([^;]*);/.exec(readRepositoryFile('src/base/errors.ts'))![1]!;
  const codes = [...union.matchAll(/'([a-z_]+)'/g)].map(([, code]) => code!);
  expect(codes.length).toBeGreaterThan(10);
  const [table] = page('error-codes').split('## Symptoms without a code');
  expect(sorted(firstCells(table!))).toEqual(sorted(codes));
});

test('the runbook says where to begin with every error code, and texts that point there name one', () => {
  const codes = firstCells(page('error-codes').split('## Symptoms without a code')[0]!);
  const begin = sectionOf(readRepositoryFile('docs/runbook.md'), 'Codes');
  const rows = begin.split('\n').filter((line) => line.startsWith('| `'));
  const named = rows.flatMap((row) => [...row.split('|')[1]!.matchAll(/`([a-z_]+)`/g)].map(([, code]) => code!));
  expect(sorted(named)).toEqual(sorted(codes));
  const told = globSync('src/**/*.ts', { cwd: path.join(import.meta.dirname, '..') })
    .filter((file) => !file.endsWith('.test.ts'))
    .flatMap((file) =>
      [...readRepositoryFile(file).matchAll(/the runbook, ([a-z]+_[a-z_]+)/g)].map(([, code]) => code!),
    );
  expect(told.length).toBeGreaterThan(5);
  expect(told.filter((code) => !codes.includes(code))).toEqual([]);
});

test('every event is explained', () => {
  const sinks = readRepositoryFile('src/processor/sink-words.ts').matchAll(/readonly type: '([a-z_.]+)'/g);
  const types = [
    ...namesIn('src/processor/events.ts', /readonly type: '([a-z_.]+)'/g),
    ...Array.from(sinks, ([, name]) => name!),
  ];
  expect(sorted(firstCells(page('events')))).toEqual(sorted(types));
});

test('every event is shown at the level at which it is logged', () => {
  const source = readRepositoryFile('src/observability/log-observer.ts');
  const levels = new Map(
    [...source.matchAll(/'([a-z_.]+)': '(debug|warn|error)'/g)].map(([, type, level]) => [type!, level!]),
  );
  expect(levels.size).toBeGreaterThan(10);
  const rows = [...page('events').matchAll(/^\| `([^`]+)` +\| (\w+)/gm)];
  const wrong = rows.filter(([, type, level]) => (levels.get(type!) ?? 'info') !== level).map(([row]) => row);
  expect(wrong).toEqual([]);
});

test('every crash point is explained', () => {
  const points = [...CRASH_POINTS, ...BACKFILL_POINTS, ...RESCALE_POINTS];
  const effects = new Set(points.map((point) => point.replace(/\.(before|after)$/, '')));
  expect(sorted(firstCells(page('crash-points')))).toEqual(sorted(effects));
});

test('every metric is explained, with its type and its labels', async () => {
  const { registry } = createMetrics({ version: '0', nodeVersion: '0' });
  const declared = registry.getMetricsAsArray() as unknown as { name: string; type: string; labelNames: string[] }[];
  const rows = declared.map(({ name, type, labelNames }) => `\`${name}\` ${type} ${labelNames.join(', ')}`);
  const shown = page('metrics')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .split('|')
        .slice(1, 4)
        .map((cell) => cell.trim())
        .join(' '),
    );
  expect(sorted(shown)).toEqual(sorted(rows));
});

test('every field of the ledger is explained', () => {
  const source = /export interface LedgerEntry \{([\s\S]*?)\n\}/.exec(
    readRepositoryFile('src/simulator/ledger.ts'),
  )![1]!;
  const fields = [...source.matchAll(/readonly (\w+):/g)].map(([, field]) => field!);
  expect(fields.length).toBeGreaterThan(10);
  expect(sorted(firstCells(page('ledger')))).toEqual(sorted(fields));
});

describe('schema.md', () => {
  const sqlOf = (kind: 'tables' | 'views') =>
    globSync(`sql/${kind}/*.sql`, { cwd: path.join(import.meta.dirname, '..') }).map((file) => ({
      name: path.basename(file, '.sql'),
      sql: readRepositoryFile(file),
    }));

  test('has every table and every view, and no other', () => {
    const headings = [...page('schema').matchAll(/^### `(\w+)`$/gm)].map(([, name]) => name!);
    expect(sorted(headings)).toEqual(sorted([...sqlOf('tables'), ...sqlOf('views')].map(({ name }) => name)));
  });

  test.each(sqlOf('tables'))('has the columns of $name in their order, with their types', ({ name, sql }) => {
    const columns = [...sql.matchAll(/^ {2}(\w+) (STRING|INT64|TIMESTAMP|NUMERIC|BOOL|JSON)/gm)];
    const shown = [...sectionOf(page('schema'), `\`${name}\``).matchAll(/^\| `(\w+)` +\| (\w+) +\|/gm)];
    expect(columns.length).toBeGreaterThan(2);
    expect(shown.map(([, column, type]) => `${column} ${type}`)).toEqual(
      columns.map(([, column, type]) => `${column} ${type}`),
    );
  });

  test.each(sqlOf('views'))('has the columns of $name in their order', ({ name, sql }) => {
    const shown = [...sectionOf(page('schema'), `\`${name}\``).matchAll(/`(\w+)`/g)].map(([, column]) => column!);
    expect(shown).toEqual(columnsOfView(sql));
  });
});

/** The names that the outermost SELECT, the last in our views, gives its columns. */
function columnsOfView(sql: string): string[] {
  const list = sql.slice(sql.lastIndexOf('\nSELECT\n') + 8);
  const columns: string[] = [];
  let depth = 0;
  let column = '';
  for (const char of list.slice(0, list.search(/\nFROM /))) {
    if (char === '(') depth += 1;
    if (char === ')') depth -= 1;
    if (char === ',' && depth === 0) {
      columns.push(column);
      column = '';
    } else column += char;
  }
  return [...columns, column].map((text) => /(\w+)\s*$/.exec(text)![1]!);
}
