/**
 * `npm run bench -- NAME [--json]`: measures one thing on this machine; `all`: everything, each in its own process;
 * `list`; `table FILE`: the Markdown table of a saved document. Progress goes to standard error. Exits 0; 1 if a must
 * was missed or a benchmark failed; 64 for usage; 70 for a bug. SIGINT and SIGTERM: prints what was measured so far,
 * exits 130 or 143.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { terminalColumns } from '../src/base/text/terminal.ts';
import type { Sizes } from './harness/benchmark.ts';
import { documentOf, markdownOf, readDocument, startClock, textOf, withTable } from './harness/document.ts';
import { measure } from './harness/measure.ts';
import type { BenchResult } from './harness/result.ts';
import { runAll } from './harness/run-all.ts';
import { atSignal } from './parts/children.ts';
import { BENCHMARK_NAMES, isBenchmarkName, loadBenchmark } from './registry.ts';

const USAGE = `usage: npm run bench -- NAME [--json] [--repeats N] [--smoke] [--set SIZE=NUMBER[,NUMBER...]]...
       npm run bench -- all [--json] [--repeats N] [--smoke]
       npm run bench -- list
       npm run bench -- table FILE [--into PAGE]   the Markdown table of what --json printed, or put into the page
benchmarks: ${BENCHMARK_NAMES.join(', ')}
--rate N and --minutes N are --set rate=N and --set minutes=N; fold --format F is fold-F`;
const EXIT = { done: 0, missed: 1, usage: 64, broke: 70 } as const;

class UsageError extends Error {}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        json: { type: 'boolean', default: false },
        smoke: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
        repeats: { type: 'string' },
        set: { type: 'string', multiple: true, default: [] },
        rate: { type: 'string' },
        minutes: { type: 'string' },
        format: { type: 'string' },
        into: { type: 'string' },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

async function main(): Promise<number> {
  const { values, positionals } = readArguments();
  const [first, file] = positionals;
  const name = first === 'fold' && values.format !== undefined ? `fold-${values.format}` : first;
  if (values.help) {
    process.stdout.write(`${USAGE}\n`);
    return EXIT.done;
  }
  if (name === undefined || positionals.length > (name === 'table' ? 2 : 1)) throw new UsageError('one name is needed');
  if (name === 'table') {
    if (file === undefined) throw new UsageError('table needs the file that --json was saved in');
    const table = markdownOf(readDocument(file));
    if (values.into === undefined) process.stdout.write(`${table}\n`);
    else writeFileSync(values.into, withTable(readFileSync(values.into, 'utf8'), table));
    return EXIT.done;
  }
  if (name === 'list') {
    process.stdout.write(`${(await listing()).join('\n')}\n`);
    return EXIT.done;
  }
  if (name !== 'all' && !isBenchmarkName(name)) throw new UsageError(`there is no benchmark ${name}`);
  const repeats = values.repeats === undefined ? {} : { repeats: positive('--repeats', values.repeats) };
  const { smoke, json } = values;
  const set = setOf(values);
  if (name === 'all' && Object.keys(set).length > 0)
    throw new UsageError('sizes are set for one benchmark, not for all');
  const started = startClock();
  const interruption = new AbortController();
  let interruptedCode: number | undefined;
  atSignal((signal, code) => {
    interruptedCode = code;
    interruption.abort(signal);
  });
  const interrupted = interruption.signal;
  let results: BenchResult[];
  if (name === 'all') results = await runAll({ say, smoke, interrupted, ...repeats });
  else results = await measure(await loadBenchmark(name), { say, smoke, set, interrupted, ...repeats });
  const document = documentOf(results, started, smoke);
  const text = json
    ? `${JSON.stringify(document, null, 2)}\n`
    : `${textOf(document, terminalColumns(process.stdout, process.env))}\n`;
  await new Promise<void>((resolve) => process.stdout.write(text, () => resolve()));
  // The interrupted work still runs; its processes end with this one.
  if (interruptedCode !== undefined) process.exit(interruptedCode);
  // Small sizes show that it runs; their figures are not judged.
  const reached = smoke ? results.every(({ verdict }) => verdict !== 'failed') : document.reached;
  return reached ? EXIT.done : EXIT.missed;
}

async function listing(): Promise<string[]> {
  const all = await Promise.all(BENCHMARK_NAMES.map(loadBenchmark));
  const width = Math.max(...BENCHMARK_NAMES.map((name) => name.length));
  return all.map(({ name, what, inAll }) => `${name.padEnd(width)}  ${what}${inAll === false ? ' (not in all)' : ''}`);
}

function setOf({ set, rate, minutes }: { set: string[]; rate?: string; minutes?: string }): Sizes {
  const pairs = set.map((text): [string, string] => {
    const [name, value] = text.split('=');
    if (!name || !value) throw new UsageError(`--set ${text}: wants SIZE=NUMBER`);
    return [name, value];
  });
  if (rate !== undefined) pairs.push(['rate', rate]);
  if (minutes !== undefined) pairs.push(['minutes', minutes]);
  return Object.fromEntries(
    pairs.map(([name, value]) => {
      const numbers = value.split(',').map((text) => positive(name, text));
      return [name, numbers.length === 1 ? numbers[0]! : numbers];
    }),
  );
}

function positive(what: string, text: string): number {
  const value = Number(text.replaceAll('_', ''));
  if (!Number.isFinite(value) || value <= 0) throw new UsageError(`${what}: ${text} is no number above 0`);
  return value;
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    const isUsage = error instanceof UsageError || error instanceof RangeError;
    say(
      isUsage ? `${error.message}\n${USAGE}` : error instanceof Error ? (error.stack ?? error.message) : String(error),
    );
    process.exitCode = isUsage ? EXIT.usage : EXIT.broke;
  },
);
