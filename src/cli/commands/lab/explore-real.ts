/** provenonce lab explore --world real: drawn plans on a real broker, a real emulator and real processes. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { systemRuntime } from '../../../base/system-runtime.ts';
import { VERDICT_EXIT_CODES } from '../../../checks/verify.ts';
import { startInfra } from '../../../infra/start-infra.ts';
import type { InfraChoice } from '../../../infra/types.ts';
import { requireMutant } from '../../../lab/mutants/catalogue.ts';
import { printJson, stopSignal } from '../../exit.ts';
import { print } from '../../print.ts';
import { terminalProgress } from './terminal-progress.ts';

export interface RealFlags {
  readonly runs?: number;
  readonly minutes?: number;
  readonly seed: number;
  readonly jobs: number;
  readonly shrinkSeconds?: number;
  readonly out?: string;
  readonly infra: InfraChoice;
  readonly emulatorImage?: string;
  readonly mutant?: string;
  readonly json?: boolean;
}

export const DEFAULT_REAL_RUNS = 50;
/** A candidate takes about ten seconds. */
export const REAL_SHRINK_SECONDS = 300;

export async function exploreOnRealParts(flags: RealFlags): Promise<void> {
  const { seed, jobs, minutes, mutant, json } = flags;
  if (mutant !== undefined) requireMutant(mutant);
  // Imported only here: it needs a development dependency.
  const { exploreDrawn } = await import('../../../lab/drawn/explore-drawn.ts');
  const { drawnDocument, drawnText } = await import('../../../lab/drawn/drawn-text.ts');
  const folder = path.resolve('artifacts', `explore-real-${seed}`);
  using terminal = terminalProgress();
  const { progress } = terminal;
  await using infra = await startInfra({
    way: flags.infra,
    ...(flags.emulatorImage === undefined ? {} : { emulatorImage: flags.emulatorImage }),
    onProgress: ({ part, text }) => progress.news(part, text),
  });
  const report = await exploreDrawn({
    infra,
    seed,
    runs: flags.runs ?? (minutes === undefined ? DEFAULT_REAL_RUNS : Number.POSITIVE_INFINITY),
    ...(minutes === undefined ? {} : { forMs: minutes * 60_000 }),
    jobs,
    folder,
    runtime: systemRuntime,
    progress,
    shrinkMs: (flags.shrinkSeconds ?? REAL_SHRINK_SECONDS) * 1_000,
    ...(mutant === undefined ? {} : { mutant }),
    signal: stopSignal(),
    save: async (run, document) => {
      const file = flags.out ?? path.join('artifacts', `explore-real-${seed}-${run}.json`);
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(file, `${JSON.stringify(document, null, 2)}\n`);
      return file;
    },
  });
  if (json) printJson(drawnDocument(report));
  else print(`${drawnText(report)}\nLogs: ${folder}`);
  process.exitCode = VERDICT_EXIT_CODES[report.verdict];
}
