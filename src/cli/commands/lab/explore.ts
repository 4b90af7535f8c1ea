/**
 * provenonce lab explore: simulated cases drawn from a seed, on all cores, until the limit is reached or one does not
 * pass. With --world real: drawn plans on real parts (explore-real.ts).
 */
import { availableParallelism } from 'node:os';
import { type Command, Option } from 'commander';
import { systemRuntime } from '../../../base/system-runtime.ts';
import { VERDICT_EXIT_CODES } from '../../../checks/verify.ts';
import { defaultArtifact, replayLine, saveFailure } from '../../../lab/explore/artifact.ts';
import { type ExploreProgress, explore } from '../../../lab/explore/explore.ts';
import { exploreDocument, exploreText, progressText } from '../../../lab/explore/report-text.ts';
import { storyText } from '../../../lab/explore/story.ts';
import { printJson, stopSignal } from '../../exit.ts';
import { infraOptions, wholeNumber } from '../../options.ts';
import { clearStatus, print, printVerbatim, showStatus, tell, tellVerbatim } from '../../print.ts';
import { DEFAULT_REAL_RUNS, exploreOnRealParts, REAL_SHRINK_SECONDS, type RealFlags } from './explore-real.ts';

interface Flags extends RealFlags {
  readonly sink: 'bigquery' | 'delta';
  readonly world: 'sim' | 'real';
}

const DEFAULT_RUNS = 1_000;
const SHRINK_SECONDS = 60;
/** A terminal is updated often; a log file is not filled. */
const SHOWN_EVERY_MS = { terminal: 500, file: 10_000 };

export function addExplore(lab: Command): void {
  const explored = lab
    .command('explore')
    .description('run randomly drawn faults from a seed; a failure is shrunk, printed, and saved for lab replay')
    .addOption(new Option('--world <world>', 'where the cases run').choices(['sim', 'real']).default('sim'))
    .addOption(
      new Option('--sink <sink>', 'where the tables are, in the simulated world')
        .choices(['bigquery', 'delta'])
        .default('bigquery'),
    )
    .option(
      '--runs <n>',
      `number of runs (default: ${DEFAULT_RUNS}, in the real world ${DEFAULT_REAL_RUNS}, unless --minutes is given)`,
      wholeNumber(1),
    )
    .option('--minutes <n>', 'stop after this many minutes', wholeNumber(1))
    .option('--seed <n>', 'the same seed gives the same runs', wholeNumber(0), 1)
    .option('--jobs <n>', 'threads, or runs on real parts at the same time', wholeNumber(1), availableParallelism())
    .option(
      '--shrink-seconds <n>',
      `time limit for shrinking a failure (default: ${SHRINK_SECONDS}, in the real world ${REAL_SHRINK_SECONDS})`,
      wholeNumber(1),
    )
    .option('--out <file>', 'where a failure is saved (default: artifacts/explore-<seed>-<run>.json)')
    .option('--mutant <name>', 'in the real world: with this bug in the processors (lab mutants)')
    .option('--json', 'one JSON document on standard output');
  for (const option of infraOptions()) explored.addOption(option);
  explored.action((flags: Flags) => (flags.world === 'real' ? exploreOnRealParts(flags) : run(flags)));
}

async function run(flags: Flags): Promise<void> {
  const { seed, sink, jobs, minutes, json } = flags;
  const runs = flags.runs ?? (minutes === undefined ? DEFAULT_RUNS : undefined);
  const say = (text: string): void => void tell(text);
  const report = await explore({
    seed,
    sink,
    jobs,
    ...(runs === undefined ? {} : { runs }),
    ...(minutes === undefined ? {} : { forMs: minutes * 60_000 }),
    runtime: systemRuntime,
    shrinkMs: (flags.shrinkSeconds ?? SHRINK_SECONDS) * 1_000,
    signal: stopSignal(),
    onProgress: progressLine(),
    onFailure: (failed) => say(`run ${failed} did not pass; shrinking it`),
  });
  clearStatus();
  const { failure } = report;
  const file = failure && (await saveFailure(flags.out ?? defaultArtifact(seed, failure.run), report, failure));
  if (json) printJson(exploreDocument(report, file));
  else print(exploreText(report));
  if (failure !== undefined && file !== undefined) {
    const story = `\n${storyText(failure.plan, failure.outcome)}\n\nsaved as ${file}; run it again with:`;
    (json ? tell : print)(story);
    (json ? tellVerbatim : printVerbatim)(replayLine(file));
  }
  process.exitCode = VERDICT_EXIT_CODES[report.verdict];
}

/** Shows counters from time to time: on one line of a terminal, or line by line in a file. */
function progressLine(): (progress: ExploreProgress) => void {
  const { isTTY } = process.stderr;
  let shownMs = 0;
  return (progress) => {
    if (progress.elapsedMs - shownMs < (isTTY ? SHOWN_EVERY_MS.terminal : SHOWN_EVERY_MS.file)) return;
    shownMs = progress.elapsedMs;
    if (isTTY) showStatus(progressText(progress));
    else tell(progressText(progress));
  };
}
