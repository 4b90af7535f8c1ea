/**
 * `lab model`: the protocol model as a command. Reads its arguments, checks, prints; the caller sets the exit code.
 *
 * Exit codes as in the rest of the lab: 0 it holds (weakened variants: all caught), 1 it does not, 2 undecided at the
 * state limit. Wrong arguments throw ConfigurationError.
 */
import { parseArgs } from 'node:util';
import { ConfigurationError } from '../../base/errors.ts';
import { checkProtocol, type ModelResult } from './check-protocol.ts';
import { configProblems, type ModelConfig, modelConfig, STATE_LIMIT, type Variant } from './config.ts';
import { LARGE_SUITE, SMALL_SUITE, type SuiteEntry } from './suites.ts';
import { formatTrace } from './trace.ts';
import { WEAKENED } from './variants.ts';

/** What the command needs of the outside. */
export interface ModelIo {
  /** Standard output. */
  write(text: string): void;
  /** Any steady clock, in ms: for the figures only. */
  nowMs(): number;
}

export const MODEL_USAGE = `usage: lab model SHAPES [options]   check one configuration
       lab model small|large       check a suite of configurations
       lab model variants          check that every weakened variant is caught

SHAPES: the tables of each record's rows, as AB,AA ('-': an offset without rows)
  --claims N         how many claims succeed (2)
  --crashes N        --stream-losses N   --rebalances N   --log-faults N   (0)
  --lag              rows land first and show later
  --expire           streams are lost one by one
  --settings         a process comes up with either of two settings
  --rewritten SHAPES the records after the log was truncated or recreated (the same)
  --without NAMES    leave rules out: ${WEAKENED.map(({ variant }) => variant).join(' ')}
  --limit N          stop, undecided, at N states (${STATE_LIMIT})
  --json             one JSON document
`;

interface Report {
  readonly name: string;
  readonly config: ModelConfig;
  readonly result: ModelResult;
  readonly seconds: number;
  /** Why this is not what was expected; undefined: it is. */
  readonly problem: string | undefined;
}

/** Run the command; returns the exit code. */
export function runModel(args: readonly string[], io: ModelIo): 0 | 1 | 2 {
  const { values, positionals } = parse(args);
  if (values.help) {
    io.write(MODEL_USAGE);
    return 0;
  }
  const what = positionals[0];
  if (positionals.length !== 1 || what === undefined)
    throw new ConfigurationError(['lab model: give SHAPES or a suite', MODEL_USAGE]);
  const reports: Report[] = [];
  for (const entry of entriesOf(what, values)) {
    const began = io.nowMs();
    const result = checkProtocol(entry.config);
    const report = {
      name: nameOf(entry.config),
      config: entry.config,
      result,
      seconds: (io.nowMs() - began) / 1000,
      problem: entry.judge(result),
    };
    reports.push(report);
    if (!values.json) io.write(describe(report));
  }
  const verdict = verdictOf(reports);
  if (values.json) io.write(`${JSON.stringify({ verdict, checks: reports }, undefined, 2)}\n`);
  else io.write(`${verdict}: ${reports.length} checked\n`);
  return verdict === 'PASS' ? 0 : verdict === 'FAIL' ? 1 : 2;
}

const COUNTS = {
  claims: 'claims',
  crashes: 'crashes',
  'stream-losses': 'streamLosses',
  rebalances: 'rebalances',
  'log-faults': 'logFaults',
  limit: 'stateLimit',
} as const;

type Values = ReturnType<typeof parse>['values'];

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const options = {
    claims: text,
    crashes: text,
    'stream-losses': text,
    rebalances: text,
    'log-faults': text,
    limit: text,
    rewritten: text,
    without: text,
    lag: flag,
    expire: flag,
    settings: flag,
    json: flag,
    help: flag,
  };
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new ConfigurationError([`lab model: ${(error as Error).message}`, MODEL_USAGE]);
  }
}

interface Entry {
  readonly config: ModelConfig;
  judge(result: ModelResult): string | undefined;
}

function entriesOf(what: string, values: Values): Entry[] {
  const suite = (entries: readonly SuiteEntry[]): Entry[] =>
    entries.map((entry) => ({ config: entry.config, judge: (result) => judgeReal(result, entry) }));
  if (what === 'small') return suite(SMALL_SUITE);
  if (what === 'large') return suite(LARGE_SUITE);
  if (what === 'variants') {
    return WEAKENED.flatMap(({ caughtBy, harmlessIn }) =>
      caughtBy
        ? [{ config: caughtBy.config, judge: (result: ModelResult) => judgeWeakened(result, caughtBy.kind) }]
        : (harmlessIn ?? []).map((config) => ({ config, judge: judgeReal })),
    );
  }
  const config = configFrom(what, values);
  const problems = configProblems(config);
  if (problems.length > 0) throw new ConfigurationError(problems.map((problem) => `lab model: ${problem}`));
  return [{ config, judge: judgeReal }];
}

function configFrom(shapes: string, values: Values): ModelConfig {
  const counts: Record<string, number> = {};
  for (const [option, name] of Object.entries(COUNTS)) {
    const value = values[option as keyof typeof COUNTS];
    if (value !== undefined) counts[name] = Number(value);
  }
  return modelConfig(shapes, {
    ...counts,
    ...(values.rewritten === undefined ? {} : { rewrittenShapes: values.rewritten.split(',') }),
    variants: (values.without?.split(/[ ,]+/) ?? []) as Variant[],
    lag: values.lag ?? false,
    expire: values.expire ?? false,
    settings: values.settings ?? false,
  });
}

function judgeReal(result: ModelResult, { reference }: Partial<SuiteEntry> = {}): string | undefined {
  if (result.violation) return `${result.violation.kind}: ${result.violation.message}`;
  if (result.verdict === 'holds' && reference && reference.states !== result.states) {
    return `${reference.command} finds ${reference.states} states`;
  }
  return undefined;
}

function judgeWeakened({ violation }: ModelResult, expected: string): string | undefined {
  if (violation?.kind === expected) return undefined;
  return violation ? `caught as ${violation.kind}, not as ${expected}` : `not caught; it must be, as ${expected}`;
}

function verdictOf(reports: readonly Report[]): 'PASS' | 'FAIL' | 'UNKNOWN' {
  if (reports.some(({ problem }) => problem !== undefined)) return 'FAIL';
  return reports.some(({ result }) => result.verdict === 'undecided') ? 'UNKNOWN' : 'PASS';
}

/** The arguments that give this configuration. */
export function nameOf(config: ModelConfig): string {
  const standard = modelConfig(config.shapes.join());
  const words = [config.shapes.join()];
  for (const [option, name] of Object.entries(COUNTS)) {
    if (config[name] !== standard[name]) words.push(`--${option} ${config[name]}`);
  }
  for (const flag of ['lag', 'expire', 'settings'] as const) if (config[flag]) words.push(`--${flag}`);
  if (config.rewrittenShapes.join() !== config.shapes.join())
    words.push(`--rewritten ${config.rewrittenShapes.join()}`);
  if (config.variants.length > 0) words.push(`--without ${config.variants.join()}`);
  return words.join(' ');
}

function describe({ name, result, seconds, problem }: Report): string {
  const { states, finished, violation } = result;
  const rate = seconds > 0 ? `, ${Math.round(states / seconds)} states/s` : '';
  const figures = `${states} states, ${finished} finished, ${seconds.toFixed(1)} s${rate}`;
  if (problem !== undefined) {
    const trace = violation ? `\n${formatTrace(violation.trace)}` : '';
    return `FAIL  ${name}: ${problem} (${figures})${trace}\n`;
  }
  if (violation)
    return `ok    ${name}: caught as ${violation.kind} in ${violation.trace.length - 1} steps (${figures})\n`;
  return `${result.verdict === 'holds' ? 'ok   ' : '?    '} ${name}: ${result.verdict} (${figures})\n`;
}
