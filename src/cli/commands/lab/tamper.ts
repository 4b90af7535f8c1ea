/**
 * provenonce lab tamper: changes finished datasets at random, and tests whether verify and takeovers notice. With
 * --world real: on a real topic and a real dataset (src/lab/tampering/real).
 */
import { availableParallelism } from 'node:os';
import { type Command, Option } from 'commander';
import { VERDICT_EXIT_CODES } from '../../../checks/verify.ts';
import { startInfra } from '../../../infra/start-infra.ts';
import type { InfraChoice } from '../../../infra/types.ts';
import { tamperOnRealParts } from '../../../lab/tampering/real/tamper-on-real-parts.ts';
import type { TamperReport } from '../../../lab/tampering/run-tamperings.ts';
import { tamperOnThreads } from '../../../lab/tampering/tamper-on-threads.ts';
import { tamperDocument, tamperProgressText, tamperText, verdictOf } from '../../../lab/tampering/tampering-text.ts';
import { printJson, stopSignal } from '../../exit.ts';
import { infraOptions, wholeNumber } from '../../options.ts';
import { clearStatus, print, showStatus, tell } from '../../print.ts';

interface Flags {
  readonly world: 'sim' | 'real';
  readonly runs: number;
  readonly fromRun: number;
  readonly seed: number;
  readonly jobs: number;
  readonly infra: InfraChoice;
  readonly emulatorImage?: string;
  readonly json?: boolean;
}

const DEFAULT_RUNS = 1_000;
const SHOWN_EVERY_RUNS = 500;

export function addTamper(lab: Command): void {
  const command = lab
    .command('tamper')
    .description(
      'change finished datasets and topics, one cell, row or record at a time: verify must notice, or docs/guarantees.md say why not',
    )
    .addOption(new Option('--world <world>', 'where the dataset is').choices(['sim', 'real']).default('sim'))
    .option('--runs <n>', 'number of changes', wholeNumber(1), DEFAULT_RUNS)
    .option('--from-run <n>', 'number of the first change; seed and number determine a change', wholeNumber(0), 0)
    .option('--seed <n>', 'the same seed gives the same changes', wholeNumber(0), 1)
    .option('--jobs <n>', 'threads, in the simulated world', wholeNumber(1), availableParallelism())
    .option('--json', 'one JSON document on standard output');
  for (const option of infraOptions()) command.addOption(option);
  command.action(async (flags: Flags) => {
    const report = await (flags.world === 'real' ? onRealParts(flags) : simulated(flags));
    if (process.stderr.isTTY) clearStatus();
    if (flags.json) printJson(tamperDocument(report));
    else print(tamperText(report));
    process.exitCode = VERDICT_EXIT_CODES[verdictOf(report)];
  });
}

function simulated({ runs, fromRun, seed, jobs }: Flags): Promise<TamperReport> {
  return tamperOnThreads({ seed, runs, fromRun, jobs, signal: stopSignal(), onProgress: showProgress });
}

async function onRealParts({ infra: way, emulatorImage, runs, fromRun, seed }: Flags): Promise<TamperReport> {
  await using infra = await startInfra({
    way,
    ...(emulatorImage === undefined ? {} : { emulatorImage }),
    onProgress: ({ part, text }) => tell(`${part}: ${text}`),
  });
  return await tamperOnRealParts({ infra, seed, runs, fromRun, signal: stopSignal(), onProgress: showProgress });
}

function showProgress(report: TamperReport): void {
  if (process.stderr.isTTY) showStatus(tamperProgressText(report));
  else if (report.runs % SHOWN_EVERY_RUNS === 0) tell(tamperProgressText(report));
}
