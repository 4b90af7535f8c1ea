/**
 * Runs scenarios on one infra, each in a world of its own: those that share it side by side, then those that need it to
 * themselves one after the other. Every run leaves its artifacts in a folder of its own (src/lab/artifacts.ts).
 */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { orAborted } from '../base/abort.ts';
import { systemRuntime } from '../base/system-runtime.ts';
import type { InfraOptions } from '../infra/types.ts';
import { detailsOf, sentenceOf } from './lab-error.ts';
import { runOnParts } from './run-on-parts.ts';
import { type SinkChoice, startParts } from './run-parts.ts';
import type { RunProgress, RunWatch } from './run-progress.ts';
import { interruptedReport } from './run-to-verdict.ts';
import type { Scenario, ScenarioReport } from './scenario.ts';
import { SuiteFile } from './suite-file.ts';

export interface RunScenariosOptions {
  readonly on: SinkChoice;
  readonly infra: InfraOptions;
  /** For suite.json, and one folder per run. */
  readonly folder: string;
  /** Repetitions per scenario. */
  readonly repeat: number;
  /** Random seed of the stories: the n-th repetition has seed + n - 1. */
  readonly seed: number;
  /** Worlds side by side. */
  readonly jobs: number;
  readonly progress: RunProgress;
  /** The one line that runs all of it again. */
  readonly command: string;
  /** Aborted: unfinished runs are recorded as UNKNOWN, and no other begins. */
  readonly signal: AbortSignal;
}

export interface RepeatedReport extends ScenarioReport {
  /** From 1. */
  readonly repeat: number;
  /** Relative to the suite's. */
  readonly folder: string;
}

/** One of the runs to be done. */
export interface Turn {
  readonly scenario: Scenario;
  readonly repeat: number;
}

/** Rejects with the signal's reason where it is aborted before any run began. */
export async function runScenarios(
  scenarios: readonly Scenario[],
  options: RunScenariosOptions,
): Promise<RepeatedReport[]> {
  const { progress, folder, repeat, jobs, signal, seed, command } = options;
  await mkdir(folder, { recursive: true });
  const onProgress: InfraOptions['onProgress'] = ({ part, text }) => progress.news(part, text);
  const starting = startParts(options.on, { ...options.infra, onProgress }, folder);
  // Aborted while it starts: what comes up late is ended by infra's reaper, with this process.
  await using parts = await orAborted(starting, signal);
  const suite = new SuiteFile({ folder, seed, command, nowMs: systemRuntime.nowMs });
  const turns = Array.from({ length: repeat }, (_, i) => scenarios.map((scenario) => ({ scenario, repeat: i + 1 })));
  const isAlone = ({ scenario }: Turn): boolean => scenario.needsOwnInfra === true;
  const runOne: RunOne = async ({ scenario }, { folder: own, ...run }) => {
    const { infra, sink } = parts;
    const { report } = await runOnParts(scenario, infra, path.join(folder, own), { ...run, sink });
    return report;
  };
  const reports: RepeatedReport[] = [];
  const run = async (turn: Turn): Promise<void> => {
    if (!signal.aborted) reports.push(await runTurn(turn, suite, options, runOne));
  };
  const all = turns.flat();
  await sideBySide(
    all.filter((turn) => !isAlone(turn)),
    jobs,
    run,
  );
  await sideBySide(all.filter(isAlone), 1, run);
  return reports;
}

/** Runs one scenario in a folder of its own. */
export type RunOne = (
  turn: Turn,
  run: { readonly folder: string; readonly seed: number; readonly watch: RunWatch; readonly signal: AbortSignal },
) => Promise<ScenarioReport>;

/** Never rejects: a run that broke off, or was interrupted, is UNKNOWN, and the others still run. */
export async function runTurn(
  turn: Turn,
  suite: SuiteFile,
  { progress, seed: firstSeed, repeat: repeats, signal }: Omit<RunScenariosOptions, 'infra' | 'on'>,
  runOne: RunOne,
): Promise<RepeatedReport> {
  const { scenario, repeat } = turn;
  const { name, title } = scenario;
  const folder = repeats === 1 ? name : `${name}-${repeat}`;
  const seed = firstSeed + repeat - 1;
  const watch = progress.begin(folder, title);
  await suite.begin({ scenario: name, repeat, folder });
  const report = await runOne(turn, { folder, seed, watch, signal }).catch((error: unknown): ScenarioReport => {
    // A world that could not be made.
    const problem = error === signal.reason ? `interrupted before it began: ${sentenceOf(error)}` : sentenceOf(error);
    const text = detailsOf(error);
    const details = text === undefined ? [] : [{ problem, text }];
    return { ...interruptedReport(name, problem, { bits: [], seed }, 0), details };
  });
  watch.end(report);
  const { verdict, tookMs, problems } = report;
  const why = problems[0] === undefined ? {} : { problem: problems[0] };
  await suite.end({ scenario: name, verdict, repeat, tookMs, folder, ...why });
  return { ...report, repeat, folder };
}

/** Runs `jobs` of them at a time; takes the next one when one is done. */
export async function sideBySide<T>(all: readonly T[], jobs: number, run: (one: T) => Promise<void>): Promise<void> {
  const left = all.values();
  const worker = async (): Promise<void> => {
    for (const one of left) await run(one);
  };
  await Promise.all(Array.from({ length: jobs }, worker));
}
