/**
 * provenonce lab mutants: deliberately broken processors, each of which the lab must catch, in the simulated world or by
 * scenarios on real parts. Exit codes: 0 PASS, 1 FAIL.
 */
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { type Command, Option } from 'commander';
import { systemRuntime } from '../../../base/system-runtime.ts';
import { VERDICT_EXIT_CODES } from '../../../checks/verify.ts';
import type { InfraChoice } from '../../../infra/types.ts';
import { chooseMutants, runMutants } from '../../../lab/mutants/kill-matrix.ts';
import {
  complaints,
  mutantsMarkdown,
  mutantsTable,
  realComplaints,
  realMutantsMarkdown,
  realMutantsTable,
} from '../../../lab/mutants/mutants-text.ts';
import { runRealMutants } from '../../../lab/mutants/real-matrix.ts';
import { choosePairs } from '../../../lab/mutants/real-pairs.ts';
import { savePlan } from '../../../lab/mutants/save-plan.ts';
import { loadScenarios } from '../../../lab/scenario-files.ts';
import { printJson } from '../../exit.ts';
import { infraOptions, wholeNumber } from '../../options.ts';
import { print, tell } from '../../print.ts';
import { tableText, timeText } from '../../table-text.ts';
import { terminalProgress } from './terminal-progress.ts';

interface MutantsFlags {
  readonly world: 'sim' | 'real';
  readonly infra: InfraChoice;
  readonly emulatorImage?: string;
  readonly out?: string;
  readonly budget: number;
  readonly seed: number;
  readonly jobs: number;
  readonly allFamilies?: boolean;
  readonly json?: boolean;
  readonly markdown?: boolean;
  readonly savePlans?: string;
}

export function addMutants(lab: Command): void {
  const mutants = lab
    .command('mutants')
    .description('run processors with one known bug each: every one must be caught')
    .argument('[names...]', 'mutants; on real parts scenarios too (default: all)')
    .addOption(
      new Option('--world <world>', 'drawn cases in the simulated world, or scenarios on real parts')
        .choices(['sim', 'real'])
        .default('sim'),
    )
    .option('--out <folder>', 'on real parts, for the artifacts of each run (default: artifacts/mutants-<time>)')
    .option('--budget <runs>', 'maximum runs per mutant and per family of the control', wholeNumber(1), 100)
    .option('--seed <n>', 'seed of the first run', wholeNumber(0), 1)
    .option('--jobs <n>', 'processes at a time', wholeNumber(1), availableParallelism())
    .option('--all-families', 'every mutant in every family of cases, not only in its own (takes minutes)')
    .option('--json', 'one JSON document on standard output')
    .option('--markdown', 'the tables of docs/mutants.md on standard output')
    .option('--save-plans <folder>', 'only save a small case of each mutant that real parts can run too (lab replay)');
  for (const option of infraOptions()) mutants.addOption(option);
  mutants.action((names: string[], flags: MutantsFlags) =>
    flags.world === 'real' ? onRealParts(names, flags) : inSim(names, flags),
  );
}

async function inSim(names: string[], { json, markdown, savePlans, ...flags }: MutantsFlags): Promise<void> {
  const mutants = chooseMutants(names);
  if (savePlans !== undefined) {
    for (const mutant of mutants) {
      const file = await savePlan(mutant, savePlans, flags.budget, flags.seed);
      print(`${mutant.name}: ${file ?? `no portable case in ${flags.budget} runs shows it`}`);
    }
    return;
  }
  const isTerminal = process.stderr.isTTY === true;
  const report = await runMutants({
    ...flags,
    mutants,
    nowMs: () => performance.now(),
    onResult: (text) => isTerminal && tell(text),
  });
  if (json) printJson(report);
  else if (markdown) print(mutantsMarkdown(mutants, report));
  else {
    const { head, rows } = mutantsTable(report);
    const killed = report.mutants.filter((each) => each.killed).length;
    const took = `${(report.tookMs / 1000).toFixed(1)} s`;
    print(
      `${tableText(
        [...head],
        rows.map((cells) => [...cells]),
      )}\n` +
        `${killed} of ${report.mutants.length} mutants killed by what they must break; the control passed ` +
        `${report.control.runs} runs: ${report.control.passed ? 'yes' : 'NO'}; ${took}\n${report.verdict}`,
    );
  }
  for (const line of complaints(report)) tell(line);
  process.exitCode = VERDICT_EXIT_CODES[report.verdict];
}

async function onRealParts(names: string[], flags: MutantsFlags): Promise<void> {
  const { infra, emulatorImage, seed, jobs, json, markdown } = flags;
  const pairs = choosePairs(names);
  const folder = path.resolve(flags.out ?? path.join('artifacts', `mutants-${timeText(systemRuntime.nowMs())}`));
  using terminal = terminalProgress();
  const { progress } = terminal;
  const report = await runRealMutants({
    pairs,
    scenarios: await loadScenarios(),
    infra: { way: infra, ...(emulatorImage === undefined ? {} : { emulatorImage }) },
    folder,
    seed,
    jobs,
    progress,
  });
  if (json) printJson({ ...report, folder });
  else if (markdown) print(realMutantsMarkdown(report));
  else {
    const { head, rows } = realMutantsTable(report);
    const table = tableText(
      [...head],
      rows.map((cells) => [...cells]),
    );
    const killed = report.mutants.filter((each) => each.killed).length;
    const took = `${(report.tookMs / 1000).toFixed(1)} s`;
    print(
      `${table}\n${killed} of ${pairs.length} caught by what they must break; ${took}\n${report.verdict}\nArtifacts: ${folder}`,
    );
  }
  for (const line of realComplaints(report)) tell(line);
  process.exitCode = VERDICT_EXIT_CODES[report.verdict];
}
