/**
 * Reads what `lab run` left (src/lab/artifacts.ts): a folder of runs with its suite.json, or the folder of one run. A run
 * that left nothing readable is listed as such; it never hides the others.
 */
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { ConfigurationError } from '../../base/errors.ts';
import type { VerifyReport } from '../../checks/verify.ts';
import { type LedgerEntry, readLedger } from '../../simulator/ledger.ts';
import {
  type EventLine,
  type MetricsSample,
  RUN_FILE,
  type RunArtifacts,
  type SentLine,
  SUITE_FILE,
  type SuiteArtifacts,
  type SuiteRun,
} from '../artifacts.ts';

/** One run, its files open to be read line by line. */
export interface ReadableRun {
  readonly run: RunArtifacts;
  readonly verify: VerifyReport | null;
  events(): AsyncIterable<EventLine>;
  sent(): AsyncIterable<SentLine>;
  metrics(): AsyncIterable<MetricsSample>;
  /** Of all workloads, one after the other. */
  ledger(): AsyncIterable<LedgerEntry>;
}

export interface FoundRun {
  readonly entry: SuiteRun;
  readonly run: ReadableRun | null;
  /** Why `run` is null. */
  readonly unreadable: string | null;
}

export interface FoundSuite {
  readonly suite: SuiteArtifacts;
  readonly runs: readonly FoundRun[];
}

/** Throws ConfigurationError where the folder is neither. */
export async function readSuite(folder: string): Promise<FoundSuite> {
  const suite = (await readJson<SuiteArtifacts>(path.join(folder, SUITE_FILE))) ?? (await suiteOfOne(folder));
  if (suite === undefined) {
    throw new ConfigurationError([
      `${folder} holds neither ${SUITE_FILE} nor ${RUN_FILE}: give a folder that lab run made`,
    ]);
  }
  checkFormat(suite.format, SUITE_FILE);
  const runs: FoundRun[] = [];
  for (const entry of suite.runs) {
    try {
      runs.push({ entry, run: await readRun(path.join(folder, entry.folder)), unreadable: null });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      runs.push({ entry, run: null, unreadable: entry.problem === undefined ? why : `${entry.problem} (${why})` });
    }
  }
  return { suite, runs };
}

async function suiteOfOne(folder: string): Promise<SuiteArtifacts | undefined> {
  const run = await readJson<RunArtifacts>(path.join(folder, RUN_FILE));
  if (run === undefined) return undefined;
  const { format, startedAtMs, endedAtMs, seed, command, verdict, scenario } = run;
  const only: SuiteRun = { scenario: scenario.name, verdict, repeat: 1, tookMs: endedAtMs - startedAtMs, folder: '.' };
  return { format, startedAtMs, endedAtMs, seed, command, verdict, runs: [only] };
}

async function readRun(folder: string): Promise<ReadableRun> {
  const run = await readJson<RunArtifacts>(path.join(folder, RUN_FILE));
  if (run === undefined) throw new Error(`it left no ${RUN_FILE}`);
  checkFormat(run.format, RUN_FILE);
  const { files } = run;
  const at = (name: string): string => path.join(folder, name);
  return {
    run,
    verify: files.verify === null ? null : ((await readJson<VerifyReport>(at(files.verify))) ?? null),
    events: () => readLines<EventLine>(at(files.events)),
    sent: () => readLines<SentLine>(at(files.sent)),
    metrics: () => readLines<MetricsSample>(at(files.metrics)),
    async *ledger() {
      for (const name of files.ledgers) if (await exists(at(name))) yield* readLedger(at(name));
    },
  };
}

function checkFormat(format: number, file: string): void {
  if (format !== 1) throw new Error(`${file} has format ${format}; this version reads format 1`);
}

/** Undefined where there is no such file. */
async function readJson<T>(file: string): Promise<T | undefined> {
  if (!(await exists(file))) return undefined;
  try {
    return JSON.parse(await readFile(file, 'utf8')) as T;
  } catch (error) {
    throw new Error(`${path.basename(file)} is no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Nothing where there is no such file; a last line that was cut off is left out. */
async function* readLines<T>(file: string): AsyncGenerator<T> {
  if (!(await exists(file))) return;
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line === '') continue;
    let value: T;
    try {
      value = JSON.parse(line) as T;
    } catch {
      return;
    }
    yield value;
  }
}

async function exists(file: string): Promise<boolean> {
  return stat(file).then(
    (found) => found.isFile(),
    () => false,
  );
}
