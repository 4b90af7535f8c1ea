/** `lab model --sink delta`: the model of the protocol on Delta Lake as a command. Exit codes as `lab model` has them. */
import { parseArgs } from 'node:util';
import { ConfigurationError } from '../../../base/errors.ts';
import { STATE_LIMIT } from '../config.ts';
import { type Check, judgeReal, judgeWeakened, type ModelIo, runChecks } from '../search/run-checks.ts';
import { checkDelta, type DeltaModelResult } from './check-delta.ts';
import {
  DELTA_OPTIONS,
  type DeltaModelConfig,
  type DeltaVariant,
  deltaConfig,
  deltaConfigProblems,
  shapesText,
} from './config.ts';
import { type DeltaSuiteEntry, LARGE_DELTA_SUITE, SMALL_DELTA_SUITE } from './suites.ts';
import { WEAKENED_DELTA } from './variants.ts';

export const DELTA_MODEL_USAGE = `usage: lab model --sink delta [SHAPES|small|large|variants] [options]   (all: both suites, every variant)

SHAPES: as above, '/' between partitions
  --claims N         how many claims of a partition succeed (2)
  --crashes N        (0)
  --merged           ownership is in the log of the checkpoint table
  --settings         a process comes up with either of two settings
  --foreign          others commit to any table at any time
  --cleanup          log clean-up frees the names of old versions
  --without NAMES    leave rules out: ${WEAKENED_DELTA.map(({ variant }) => variant).join(' ')}
  --limit N          stop, undecided, at N states (${STATE_LIMIT})
  --json             one JSON document
`;

const COUNTS = { claims: 'claims', crashes: 'crashes', limit: 'stateLimit' } as const;

type DeltaCheck = Check<DeltaModelConfig, DeltaModelResult>;
type Values = ReturnType<typeof parse>['values'];

/** Run the command; returns the exit code. */
export function runDeltaModel(args: readonly string[], io: ModelIo): 0 | 1 | 2 {
  const { values, positionals } = parse(args);
  if (values.help) {
    io.write(DELTA_MODEL_USAGE);
    return 0;
  }
  if (positionals.length > 1) throw new ConfigurationError(['lab model: give one of SHAPES', DELTA_MODEL_USAGE]);
  return runChecks(checksOf(positionals[0] ?? 'all', values), values.json ?? false, io);
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const options = {
    claims: text,
    crashes: text,
    limit: text,
    without: text,
    merged: flag,
    settings: flag,
    foreign: flag,
    cleanup: flag,
    json: flag,
    help: flag,
  };
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    throw new ConfigurationError([`lab model --sink delta: ${(error as Error).message}`, DELTA_MODEL_USAGE]);
  }
}

function checksOf(what: string, values: Values): DeltaCheck[] {
  if (what === 'all') return [...suite(SMALL_DELTA_SUITE), ...suite(LARGE_DELTA_SUITE), ...variants()];
  if (what === 'small') return suite(SMALL_DELTA_SUITE);
  if (what === 'large') return suite(LARGE_DELTA_SUITE);
  if (what === 'variants') return variants();
  const config = configFrom(what, values);
  const problems = deltaConfigProblems(config);
  if (problems.length > 0)
    throw new ConfigurationError(problems.map((problem) => `lab model --sink delta: ${problem}`));
  return [checkOf(config, judgeReal)];
}

function suite(entries: readonly DeltaSuiteEntry[]): DeltaCheck[] {
  return entries.map(({ config, reference }) => checkOf(config, (result) => judgeReal(result, reference)));
}

function variants(): DeltaCheck[] {
  return WEAKENED_DELTA.flatMap(({ caughtBy, harmlessIn }) => [
    ...(caughtBy ? [checkOf(caughtBy.config, (result) => judgeWeakened(result, caughtBy.kind))] : []),
    ...harmlessIn.map((config) => checkOf(config, judgeReal)),
  ]);
}

function checkOf(config: DeltaModelConfig, judge: (result: DeltaModelResult) => string | undefined): DeltaCheck {
  return { name: deltaNameOf(config), config, run: () => checkDelta(config), judge: (result) => judge(result) };
}

function configFrom(shapes: string, values: Values): DeltaModelConfig {
  const counts: Record<string, number> = {};
  for (const [option, name] of Object.entries(COUNTS)) {
    const value = values[option as keyof typeof COUNTS];
    if (value !== undefined) counts[name] = Number(value);
  }
  return deltaConfig(shapes, {
    ...counts,
    ...Object.fromEntries(DELTA_OPTIONS.map((option) => [option, values[option] ?? false])),
    variants: (values.without?.split(/[ ,]+/) ?? []) as DeltaVariant[],
  });
}

/** The arguments that give this configuration. */
export function deltaNameOf(config: DeltaModelConfig): string {
  const standard = deltaConfig(shapesText(config));
  const words = [shapesText(config)];
  for (const [option, name] of Object.entries(COUNTS)) {
    if (config[name] !== standard[name]) words.push(`--${option} ${config[name]}`);
  }
  for (const option of DELTA_OPTIONS) if (config[option]) words.push(`--${option}`);
  if (config.variants.length > 0) words.push(`--without ${config.variants.join()}`);
  return words.join(' ');
}
