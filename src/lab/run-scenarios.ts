/**
 * Runs scenarios on one infra, each in a world of its own: those that share it side by side, then those that need it to
 * themselves one after the other. Every run leaves its artifacts in a folder of its own (src/lab/artifacts.ts).
 */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Verdict } from '../checks/verify.ts';
import { startInfra } from '../infra/start-infra.ts';
import type { InfraOptions } from '../infra/types.ts';
import { systemRuntime } from '../runtime/system-runtime.ts';
import { SUITE_FILE, type SuiteArtifacts, type SuiteRun } from './artifacts.ts';
import { RealWorld, type RealWorldOptions } from './real/real-world.ts';
import { writeRun } from './real/write-run.ts';
import type { RunProgress, RunWatch } from './run-progress.ts';
import { runScenario } from './run-scenario.ts';
import type { Scenario, ScenarioReport } from './scenario.ts';
import { within } from './time-limit.ts';

export interface RunScenariosOptions {
  readonly infra: InfraOptions;
  /** For suite.json, and one folder per run. */
  readonly folder: string;
  /** How often each. */
  readonly repeat: number;
  /** Of what stories draw: the n-th repeat draws from seed + n - 1. */
  readonly seed: number;
  /** Worlds side by side. */
  readonly jobs: number;
  readonly progress: RunProgress;
  /** The one line that runs all of it again. */
  readonly command: string;
}

export interface RepeatedReport extends ScenarioReport {
  /** From 1. */
  readonly repeat: number;
  /** Relative to the suite's. */
  readonly folder: string;
}

const MADE_WITHIN_MS = 90_000;

interface Turn {
  readonly scenario: Scenario;
  readonly repeat: number;
}

export async function runScenarios(
  scenarios: readonly Scenario[],
  options: RunScenariosOptions,
): Promise<RepeatedReport[]> {
  const { progress, folder, repeat, jobs } = options;
  const startedAtMs = systemRuntime.nowMs();
  await mkdir(folder, { recursive: true });
  await using infra = await startInfra({
    ...options.infra,
    onProgress: ({ part, text }) => progress.news(part, text),
  });
  const turns = Array.from({ length: repeat }, (_, i) => scenarios.map((scenario) => ({ scenario, repeat: i + 1 })));
  const isAlone = ({ scenario }: Turn): boolean => scenario.needsOwnInfra === true;
  const reports: RepeatedReport[] = [];
  const run = async (turn: Turn): Promise<void> => {
    reports.push(await runTurn(turn, infra, options));
    await writeSuite(options, startedAtMs, reports);
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

async function runTurn(
  { scenario, repeat }: Turn,
  infra: RealWorldOptions['infra'],
  { folder, progress, seed, repeat: repeats }: RunScenariosOptions,
): Promise<RepeatedReport> {
  const name = repeats === 1 ? scenario.name : `${scenario.name}-${repeat}`;
  const watch = progress.begin(name, scenario.title);
  try {
    const report = await runOnParts(scenario, infra, path.join(folder, name), { seed: seed + repeat - 1, watch });
    watch.end(report);
    return { ...report, repeat, folder: name };
  } catch (error) {
    // A world that could not be made: the others still run.
    const problem = error instanceof Error ? error.message : String(error);
    const nothing = { bits: [], broke: [], stops: [] };
    const report = {
      name: scenario.name,
      verdict: 'UNKNOWN',
      problems: [problem],
      ...nothing,
      seed,
      tookMs: 0,
    } as const;
    watch.end(report);
    return { ...report, repeat, folder: name };
  }
}

/** Takes the next one whenever one is done; so many at a time. */
export async function sideBySide<T>(all: readonly T[], jobs: number, run: (one: T) => Promise<void>): Promise<void> {
  const left = all.values();
  const worker = async (): Promise<void> => {
    for (const one of left) await run(one);
  };
  await Promise.all(Array.from({ length: jobs }, worker));
}

async function writeSuite(
  { folder, seed, command }: RunScenariosOptions,
  startedAtMs: number,
  reports: readonly RepeatedReport[],
): Promise<void> {
  const suite: SuiteArtifacts = {
    format: 1,
    startedAtMs,
    endedAtMs: systemRuntime.nowMs(),
    seed,
    command,
    verdict: overallVerdict(reports),
    runs: reports.map(
      ({ name, verdict, repeat: nth, tookMs, folder: own }): SuiteRun => ({
        scenario: name,
        verdict,
        repeat: nth,
        tookMs,
        folder: own,
      }),
    ),
  };
  await writeFile(path.join(folder, SUITE_FILE), `${JSON.stringify(suite, null, 2)}\n`);
}

export interface RunOnPartsOptions extends Pick<RealWorldOptions, 'mutant' | 'drainTimeoutMs'> {
  readonly seed?: number;
  readonly watch?: RunWatch;
}

/**
 * One scenario in a world of its own. Where `infra` has no parts, only endpoints, others use it too, and nothing is killed.
 * Its artifacts go to `folder`.
 */
export async function runOnParts(
  scenario: Scenario,
  infra: RealWorldOptions['infra'],
  folder: string,
  { seed, watch, ...processors }: RunOnPartsOptions = {},
): Promise<ScenarioReport> {
  const { name, partitions = 1, settings = {}, proxied = false } = scenario;
  const making = RealWorld.create({
    name,
    infra,
    partitions,
    folder,
    settings,
    proxied,
    ...processors,
    ...(seed === undefined ? {} : { seed }),
    onNews: (text) => watch?.news(text),
  });
  await using world = await within(systemRuntime, MADE_WITHIN_MS, making, () => 'a topic and a dataset are made');
  watch?.follow(() => ({
    sent: world.recorder.acknowledgedRecords,
    checkpointed: world.recorder.checkpointedRecords,
    broken: world.faults.active,
  }));
  const { report, verified } = await runScenario(scenario, world);
  await writeRun(scenario, world, report, verified, folder);
  return report;
}

/** FAIL before UNKNOWN before NODATA before PASS; NODATA where nothing ran. */
export function overallVerdict(reports: readonly ScenarioReport[]): Verdict {
  for (const verdict of ['FAIL', 'UNKNOWN', 'NODATA'] as const) {
    if (reports.some((report) => report.verdict === verdict)) return verdict;
  }
  return reports.length === 0 ? 'NODATA' : 'PASS';
}
