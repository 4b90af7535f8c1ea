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
import { DELTA_MODEL_USAGE, runDeltaModel } from './delta/run-delta-model.ts';
import { type Check, judgeReal, judgeWeakened, type ModelIo, runChecks } from './search/run-checks.ts';
import { LARGE_SUITE, SMALL_SUITE, type SuiteEntry } from './suites.ts';
import { WEAKENED } from './variants.ts';

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

${DELTA_MODEL_USAGE}`;

/** Run the command; returns the exit code. */
export function runModel(args: readonly string[], io: ModelIo): 0 | 1 | 2 {
  const { sink, others } = sinkOf(args);
  if (sink === 'delta') return runDeltaModel(others, io);
  const { values, positionals } = parse(others);
  if (values.help) {
    io.write(MODEL_USAGE);
    return 0;
  }
  const what = positionals[0];
  if (positionals.length !== 1 || what === undefined)
    throw new ConfigurationError(['lab model: give SHAPES or a suite', MODEL_USAGE]);
  return runChecks(checksOf(what, values), values.json ?? false, io);
}

/** The sink whose protocol is checked, and the other arguments. */
function sinkOf(args: readonly string[]): { sink: 'bigquery' | 'delta'; others: readonly string[] } {
  const at = args.findIndex((arg) => arg === '--sink' || arg.startsWith('--sink='));
  if (at < 0) return { sink: 'bigquery', others: args };
  const joined = args[at]!.slice('--sink='.length);
  const [sink, length] = args[at] === '--sink' ? [args[at + 1], 2] : [joined, 1];
  if (sink !== 'bigquery' && sink !== 'delta') {
    throw new ConfigurationError([`lab model: --sink ${sink ?? ''}: give bigquery or delta`, MODEL_USAGE]);
  }
  return { sink, others: args.toSpliced(at, length) };
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

function checksOf(what: string, values: Values): Check<ModelConfig, ModelResult>[] {
  const suite = (entries: readonly SuiteEntry[]) =>
    entries.map(({ config, reference }) => checkOf(config, (result) => judgeReal(result, reference)));
  if (what === 'small') return suite(SMALL_SUITE);
  if (what === 'large') return suite(LARGE_SUITE);
  if (what === 'variants') {
    return WEAKENED.flatMap(({ caughtBy, harmlessIn }) =>
      caughtBy
        ? [checkOf(caughtBy.config, (result) => judgeWeakened(result, caughtBy.kind))]
        : (harmlessIn ?? []).map((config) => checkOf(config, judgeReal)),
    );
  }
  const config = configFrom(what, values);
  const problems = configProblems(config);
  if (problems.length > 0) throw new ConfigurationError(problems.map((problem) => `lab model: ${problem}`));
  return [checkOf(config, judgeReal)];
}

function checkOf(
  config: ModelConfig,
  judge: (result: ModelResult) => string | undefined,
): Check<ModelConfig, ModelResult> {
  return { name: nameOf(config), config, run: () => checkProtocol(config), judge: (result) => judge(result) };
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
