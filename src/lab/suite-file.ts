/**
 * suite.json of a folder of runs, written before and after every run: an unfinished run stands in it as UNKNOWN, so that
 * one that is interrupted, even by SIGKILL, is on the page. Written whole, one version after the other.
 */
import { rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Verdict } from '../checks/verify.ts';
import { SUITE_FILE, type SuiteArtifacts, type SuiteRun } from './artifacts.ts';

/** Read only where nothing came after it. */
const UNFINISHED = 'interrupted: it was running when the lab was ended from outside';

export interface SuiteFileOptions {
  readonly folder: string;
  readonly seed: number;
  /** The one line that runs all of it again. */
  readonly command: string;
  readonly nowMs: () => number;
}

/** A run before anything is known of it. */
export type RunName = Pick<SuiteRun, 'scenario' | 'repeat' | 'folder'>;

export class SuiteFile {
  readonly #options: SuiteFileOptions;
  readonly #startedAtMs: number;
  readonly #running = new Map<string, { readonly run: RunName; readonly fromMs: number }>();
  readonly #ended: SuiteRun[] = [];
  #writing: Promise<void> = Promise.resolve();

  constructor(options: SuiteFileOptions) {
    this.#options = options;
    this.#startedAtMs = options.nowMs();
  }

  /** Resolves when the file says that the run has begun. */
  begin(run: RunName): Promise<void> {
    this.#running.set(run.folder, { run, fromMs: this.#options.nowMs() });
    return this.#write();
  }

  end(run: SuiteRun): Promise<void> {
    this.#running.delete(run.folder);
    this.#ended.push(run);
    return this.#write();
  }

  #write(): Promise<void> {
    this.#writing = this.#writing.then(async () => {
      const { folder, seed, command, nowMs } = this.#options;
      const endedAtMs = nowMs();
      const unfinished = [...this.#running.values()].map(
        ({ run, fromMs }): SuiteRun => ({
          ...run,
          verdict: 'UNKNOWN',
          tookMs: endedAtMs - fromMs,
          problem: UNFINISHED,
        }),
      );
      const runs = [...this.#ended, ...unfinished];
      const verdict = worstVerdict(runs);
      const suite: SuiteArtifacts = {
        format: 1,
        startedAtMs: this.#startedAtMs,
        endedAtMs,
        seed,
        command,
        verdict,
        runs,
      };
      const file = path.join(folder, SUITE_FILE);
      await writeFile(`${file}.new`, `${JSON.stringify(suite, null, 2)}\n`);
      await rename(`${file}.new`, file);
    });
    return this.#writing;
  }
}

/** FAIL before UNKNOWN before NODATA before PASS; NODATA where nothing ran. */
export function worstVerdict(runs: readonly { readonly verdict: Verdict }[]): Verdict {
  for (const verdict of ['FAIL', 'UNKNOWN', 'NODATA'] as const) {
    if (runs.some((run) => run.verdict === verdict)) return verdict;
  }
  return runs.length === 0 ? 'NODATA' : 'PASS';
}
