/** provenonce lab: the correctness lab. Exit codes are verdicts: 0 PASS, 1 FAIL, 2 UNKNOWN, 3 NODATA. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { VERDICT_EXIT_CODES } from '../../checks/verify.ts';
import type { InfraChoice } from '../../infra/types.ts';
import { MODEL_USAGE, runModel } from '../../lab/model/run-model.ts';
import { overallVerdict, runScenarios } from '../../lab/run-scenarios.ts';
import { findScenarios, loadScenarios } from '../../lab/scenario-files.ts';
import { printJson } from '../exit.ts';
import type { AddCommand } from '../main.ts';
import { infraOptions } from '../options.ts';
import { tableText } from '../table-text.ts';
import { addExplore } from './lab/explore.ts';
import { addMutants } from './lab/mutants.ts';
import { addReplay } from './lab/replay.ts';
import { addUp } from './lab/up.ts';

export const addCommand: AddCommand = (program) => {
  const lab = program
    .command('lab')
    .description('break the pipeline on purpose, and check that nothing was lost, duplicated or changed');
  lab
    .command('list')
    .description('the scenarios, and what each has at stake')
    .option('--json', 'one JSON document on standard output')
    .action(async ({ json }: { json?: boolean }) => {
      const scenarios = await loadScenarios();
      const listed = scenarios.map(({ name, title, guarantees }) => ({ name, title, guarantees }));
      if (json) printJson({ scenarios: listed });
      else
        process.stdout.write(
          `${tableText(
            ['scenario', 'what is done', 'at stake'],
            listed.map((s) => [s.name, s.title, s.guarantees.join(' ')]),
          )}\n`,
        );
    });
  const run = lab
    .command('run')
    .description('run scenarios on a real broker, a real emulator and real processes')
    .argument('<names...>', 'scenarios, or: all')
    .option('--json', 'one JSON document on standard output');
  for (const option of infraOptions()) run.addOption(option);
  run.action(async (names: string[], flags: { infra: InfraChoice; emulatorImage?: string; json?: boolean }) => {
    const scenarios = findScenarios(await loadScenarios(), names);
    const folder = await mkdtemp(path.join(tmpdir(), 'provenonce-lab-'));
    const { emulatorImage, infra, json } = flags;
    const reports = await runScenarios(scenarios, {
      infra: { way: infra, ...(emulatorImage === undefined ? {} : { emulatorImage }) },
      folder,
      say: (text) => process.stderr.write(`${text}\n`),
    });
    if (json) printJson({ scenarios: reports });
    else {
      const rows = reports.map((r) => [r.name, r.verdict, `${(r.tookMs / 1000).toFixed(1)} s`]);
      process.stdout.write(`${tableText(['scenario', 'verdict', 'took'], rows)}\nLogs and what was sent: ${folder}\n`);
    }
    process.exitCode = VERDICT_EXIT_CODES[overallVerdict(reports)];
  });
  addExplore(lab);
  addReplay(lab);
  lab
    .command('model')
    .description('check the takeover protocol exhaustively on small configurations')
    .allowUnknownOption()
    .helpOption(false)
    .argument('[args...]', 'see lab model --help')
    .action((args: string[]) => {
      if (args.includes('--help')) process.stdout.write(`${MODEL_USAGE}\n`);
      else
        process.exitCode = runModel(args, {
          write: (text: string) => process.stdout.write(text),
          nowMs: () => performance.now(),
        });
    });
  addMutants(lab);
  addUp(lab);
};
