/** What `lab explore` leaves behind of a failure: one file that says what was found and that `lab replay` runs again. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ExploreFailure, ExploreReport } from './explore.ts';

/** `plan` is what loadCasePlan reads; everything else is for people. */
export function failureDocument({ seed }: Pick<ExploreReport, 'seed'>, failure: ExploreFailure) {
  const { run, plan, original, outcome } = failure;
  const { verdict, failures, unknown, traceDigest, timeline } = outcome;
  return { foundBy: { seed, run }, verdict, failures, unknown, traceDigest, plan, timeline, original };
}

/** Writes it, making the folder; returns the file's path. */
export async function saveFailure(file: string, report: ExploreReport, failure: ExploreFailure): Promise<string> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(failureDocument(report, failure), null, 2)}\n`);
  return file;
}

export function defaultArtifact(seed: number, run: number): string {
  return path.join('artifacts', `explore-${seed}-${run}.json`);
}

/** The line that runs it again. */
export function replayLine(file: string): string {
  return `npm run lab -- replay ${file}`;
}
