/** provenonce lab run, lab list: the scenarios, on real parts. Exit codes are verdicts: 0 PASS, 1 FAIL, 2 UNKNOWN, 3 NODATA. */
import path from 'node:path';
import { type Command, Option } from 'commander';
import { ConfigurationError } from '../../../base/errors.ts';
import { systemRuntime } from '../../../base/system-runtime.ts';
import { VERDICT_EXIT_CODES } from '../../../checks/verify.ts';
import type { InfraChoice } from '../../../infra/types.ts';
import { type SinkChoice, STORE_NAMES, type StoreName } from '../../../lab/run-parts.ts';
import { type RepeatedReport, type RunScenariosOptions, runScenarios } from '../../../lab/run-scenarios.ts';
import type { Scenario } from '../../../lab/scenario.ts';
import { findScenarios, loadScenarios, toldOn } from '../../../lab/scenario-files.ts';
import { SINK_NAMES, type SinkName } from '../../../lab/sink-names.ts';
import { worstVerdict } from '../../../lab/suite-file.ts';
import { printJson, StoppedBySignal, stopSignal } from '../../exit.ts';
import { SIGNAL_EXIT_CODES, type StopSignalName } from '../../first-signals.ts';
import { infraOptions, wholeNumber } from '../../options.ts';
import { print, printVerbatim } from '../../print.ts';
import { tableText, timeText } from '../../table-text.ts';
import { terminalProgress } from './terminal-progress.ts';

interface RunFlags {
  readonly sink: SinkName;
  readonly store: StoreName;
  readonly world: 'sim' | 'real';
  readonly infra: InfraChoice;
  readonly emulatorImage?: string;
  readonly tag?: string;
  readonly repeat: number;
  readonly seed?: number;
  readonly jobs: number;
  readonly out?: string;
  readonly json?: boolean;
}

const SEEDS = 2 ** 31;

export function addRun(lab: Command): void {
  const command = lab
    .command('run')
    .description('run scenarios on a real broker, a real emulator or real Delta tables, and real processes')
    .argument('[names...]', 'scenarios, or: all')
    .addOption(
      new Option('--world <world>', 'scenarios run on real parts only; for sim use lab explore and lab replay')
        .choices(['sim', 'real'])
        .default('real'),
    )
    .addOption(new Option('--sink <sink>', 'where the tables are').choices(SINK_NAMES).default('bigquery'))
    .addOption(
      new Option('--store <store>', 'of --sink delta: a folder below --out, or an S3-compatible store in memory')
        .choices(STORE_NAMES)
        .default('disk'),
    )
    .option('--tag <tag>', 'all scenarios with this tag')
    .option('--repeat <n>', 'repetitions per scenario', wholeNumber(1), 1)
    .option('--seed <n>', 'random seed of the scenarios (default: a new one)', wholeNumber(0))
    .option('--jobs <n>', 'scenarios to run at the same time', wholeNumber(1), 1)
    .option('--out <folder>', 'folder for the artifacts of each run (default: artifacts/lab-<time>)')
    .option('--json', 'one JSON document on standard output');
  for (const option of infraOptions()) command.addOption(option);
  command.action(runCommand);
}

export function addList(lab: Command): void {
  lab
    .command('list')
    .description('list the scenarios, and the guarantees that each one tests')
    .option('--tag <tag>', 'only those with this tag')
    .option('--json', 'one JSON document on standard output')
    .action(async ({ tag, json }: { tag?: string; json?: boolean }) => {
      const all = await loadScenarios();
      const scenarios = tag === undefined ? all : findScenarios(all, [], tag);
      const listed = scenarios.map(({ name, title, guarantees, tags = [], only, needsStore }) => ({
        ...{ name, title, guarantees, tags },
        ...(only === undefined ? {} : { only }),
        ...(needsStore === true ? { needsStore } : {}),
      }));
      if (json) printJson({ scenarios: listed });
      else {
        const sinkOf = ({ only, needsStore }: (typeof listed)[number]): string =>
          only === undefined ? 'both' : `${only.sink} (${only.because})${needsStore ? ', --store s3' : ''}`;
        const rows = listed.map((each) => [
          ...[each.name, each.title, each.guarantees.join(' ')],
          ...[each.tags.join(' '), sinkOf(each)],
        ]);
        print(tableText(['scenario', 'what is done', 'at stake', 'tags', 'sink'], rows));
      }
    });
}

async function runCommand(names: string[], flags: RunFlags): Promise<void> {
  const { emulatorImage, infra, json, repeat, jobs, tag, sink, store } = flags;
  if (flags.world === 'sim') {
    throw new ConfigurationError([
      'scenarios run on real parts only: for the simulated world use `provenonce lab explore`, or `provenonce lab replay` with a saved case',
    ]);
  }
  const on = { sink, store };
  const scenarios = toldOn(findScenarios(await loadScenarios(), names, tag), on, names);
  const seed = flags.seed ?? Math.floor(systemRuntime.random() * SEEDS);
  const folder = path.resolve(flags.out ?? path.join('artifacts', `lab-${timeText(systemRuntime.nowMs())}`));
  const what = [...names, ...(tag === undefined ? [] : ['--tag', tag])];
  const command = commandText(what, { seed, repeat, jobs, infra, on });
  const signal = stopSignal();
  const reports = await run(scenarios, { on, infra, emulatorImage, folder, repeat, seed, jobs, command, signal });
  const verdict = signal.aborted ? 'UNKNOWN' : worstVerdict(reports);
  const failed = reports.filter((report) => report.verdict !== 'PASS');
  const commands = [command, ...failed.map((report) => commandText([report.name], { seed: report.seed, infra, on }))];
  if (json) printJson({ verdict, seed, command, folder, interrupted: signal.aborted, scenarios: reports });
  else {
    const left = scenarios.length * repeat - reports.length;
    const stopped = signal.aborted ? [`Interrupted: ${left} of ${scenarios.length * repeat} runs did not begin.`] : [];
    print([reportsTable(reports), ...stopped, `${verdict}; seed ${seed}`].join('\n'));
    printVerbatim([...new Set(commands)].map((line) => `Again: ${line}`).join('\n'));
    printVerbatim(`Artifacts: ${folder}`);
  }
  process.exitCode = signal.aborted ? SIGNAL_EXIT_CODES[stoppedBy(signal)] : VERDICT_EXIT_CODES[verdict];
}

/** The signal that stopSignal was aborted by. */
function stoppedBy({ reason }: AbortSignal): StopSignalName {
  return reason instanceof StoppedBySignal ? reason.signal : 'SIGTERM';
}

interface RunOptions extends Omit<RunScenariosOptions, 'infra' | 'progress'> {
  readonly infra: InfraChoice;
  readonly emulatorImage: string | undefined;
}

async function run(
  scenarios: readonly Scenario[],
  { infra: way, emulatorImage, ...options }: RunOptions,
): Promise<RepeatedReport[]> {
  using terminal = terminalProgress();
  const infra = { way, ...(emulatorImage === undefined ? {} : { emulatorImage }) };
  return await runScenarios(scenarios, { ...options, infra, progress: terminal.progress });
}

interface AgainOptions {
  readonly seed: number;
  readonly repeat?: number;
  readonly jobs?: number;
  readonly infra: InfraChoice;
  readonly on: SinkChoice;
}

/** The command line that runs it again. */
function commandText(what: readonly string[], { seed, repeat = 1, jobs = 1, infra, on }: AgainOptions): string {
  const flags = [
    ...(on.sink === 'bigquery' ? [] : ['--sink', on.sink]),
    ...(on.store === 'disk' ? [] : ['--store', on.store]),
    ...['--seed', seed],
    ...(repeat === 1 ? [] : ['--repeat', repeat]),
    ...(jobs === 1 ? [] : ['--jobs', jobs]),
    ...(infra === 'auto' ? [] : ['--infra', infra]),
  ];
  return ['npm run lab -- run', ...what, ...flags].join(' ');
}

function reportsTable(reports: readonly RepeatedReport[]): string {
  const isRepeated = reports.some(({ repeat }) => repeat > 1);
  const rows = [...reports]
    .sort((a, b) => a.name.localeCompare(b.name) || a.repeat - b.repeat)
    .map(({ name, repeat, verdict, tookMs, problems }) => [
      isRepeated ? `${name} ${repeat}` : name,
      verdict,
      `${(tookMs / 1000).toFixed(1)} s`,
      problems[0] ?? '',
    ]);
  return tableText(['scenario', 'verdict', 'took', 'why'], rows);
}
