/** provenonce lab replay: runs a saved plan again and reports what happens. Exit codes are verdicts. */
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Command, Option } from 'commander';
import { ConfigurationError } from '../../../base/errors.ts';
import { messageText } from '../../../base/text/printable.ts';
import { VERDICT_EXIT_CODES, type Verdict } from '../../../checks/verify.ts';
import { startInfra } from '../../../infra/start-infra.ts';
import type { InfraChoice } from '../../../infra/types.ts';
import { type DrawnPlan, isDrawnPlan, kindOf, parseDrawnPlan } from '../../../lab/drawn/drawn-plan.ts';
import { runDrawnPlan } from '../../../lab/drawn/run-drawn-plan.ts';
import { simCounterpart } from '../../../lab/drawn/sim-counterpart.ts';
import { storyText } from '../../../lab/explore/story.ts';
import { requireMutant } from '../../../lab/mutants/catalogue.ts';
import { runPlanInChild } from '../../../lab/mutants/start-child.ts';
import { type ReplayReport, replayOnRealParts } from '../../../lab/real/replay-plan.ts';
import { type CasePlan, loadCasePlan } from '../../../lab/sim/case/case-plan.ts';
import { runCase } from '../../../lab/sim/case/sim-case.ts';
import { printJson } from '../../exit.ts';
import { infraOptions } from '../../options.ts';
import { print, tell } from '../../print.ts';
import { terminalProgress } from './terminal-progress.ts';

interface Replayed {
  readonly verdict: Verdict;
  /** The document of --json. */
  readonly document: object;
  readonly text: string;
}

interface Flags {
  /** Default: the world that the plan was made for. */
  readonly world?: 'sim' | 'real';
  readonly mutant?: string;
  readonly infra: InfraChoice;
  readonly emulatorImage?: string;
  readonly json?: boolean;
}

export function addReplay(lab: Command): void {
  const replay = lab
    .command('replay')
    .description('run a saved plan again, and report what happens')
    .argument('<file>', 'a plan, or what lab explore saved')
    .addOption(
      new Option('--world <world>', 'where it runs (default: the world the plan was made for)').choices([
        'sim',
        'real',
      ]),
    )
    .option('--mutant <name>', 'with this bug in the processors (lab mutants)')
    .option('--json', 'one JSON document on standard output');
  for (const option of infraOptions()) replay.addOption(option);
  replay.action(async (file: string, flags: Flags) => {
    if (flags.mutant !== undefined) requireMutant(flags.mutant);
    const { verdict, document, text } = await replayed(file, flags);
    if (flags.json) printJson(document);
    else print(text);
    process.exitCode = VERDICT_EXIT_CODES[verdict];
  });
}

async function replayed(file: string, flags: Flags): Promise<Replayed> {
  const drawn = await readDrawnPlan(file);
  if (drawn === undefined) {
    const plan = await loadCasePlan(file);
    return flags.world === 'real' ? onRealParts(plan, flags) : inSim(plan, flags);
  }
  if (flags.world !== 'sim') return drawnOnRealParts(drawn, flags);
  const { plan, leftOut } = simCounterpart(drawn, drawn.workload.seed);
  if (plan === undefined) throw new ConfigurationError([`${file}: no fault of it exists in the simulated world`]);
  if (leftOut.length > 0) tell(`left out in the simulated world: ${leftOut.join(', ')}`);
  return inSim(plan, flags);
}

/** Undefined if the file holds another kind of plan, or cannot be read: the reader of that kind reports why. */
async function readDrawnPlan(file: string): Promise<DrawnPlan | undefined> {
  let document: unknown;
  try {
    document = JSON.parse(await readFile(file, 'utf8'));
  } catch {
    return undefined;
  }
  return isDrawnPlan(document) ? parseDrawnPlan(document, file) : undefined;
}

async function drawnOnRealParts(plan: DrawnPlan, { mutant, infra: way, emulatorImage }: Flags): Promise<Replayed> {
  const folder = await mkdtemp(path.join(tmpdir(), 'provenonce-replay-'));
  await using infra = await startInfra({
    way,
    ...(emulatorImage === undefined ? {} : { emulatorImage }),
    onProgress: ({ part, text }) => tell(`${part}: ${text}`),
  });
  using terminal = terminalProgress();
  const watch = terminal.progress.begin('plan', plan.faults.map(kindOf).join(', '));
  const outcome = await runDrawnPlan(plan, { infra, folder, watch, ...(mutant === undefined ? {} : { mutant }) });
  const text = `${findingsText(outcome)}\nLogs: ${folder}`;
  return { verdict: outcome.verdict, document: outcome, text };
}

async function inSim(plan: CasePlan, { mutant }: Flags): Promise<Replayed> {
  if (mutant !== undefined) {
    const told = await runPlanInChild(mutant, plan);
    return { verdict: told.verdict, document: told, text: [...told.timeline, findingsText(told)].join('\n') };
  }
  const outcome = await runCase(plan);
  const { verdict, failures, unknown, guarantees, fired, traceDigest, timeline } = outcome;
  const marks = Object.fromEntries(outcome.marks);
  const document = { verdict, failures, unknown, guarantees, fired, marks, traceDigest, timeline };
  return { verdict, document, text: storyText(plan, outcome) };
}

async function onRealParts(plan: CasePlan, { mutant, infra: way, emulatorImage }: Flags): Promise<Replayed> {
  const folder = await mkdtemp(path.join(tmpdir(), 'provenonce-replay-'));
  await using infra = await startInfra({
    way,
    ...(emulatorImage === undefined ? {} : { emulatorImage }),
    onProgress: ({ part, text }) => tell(`${part}: ${text}`),
  });
  const report = await replayOnRealParts(plan, { infra, folder, ...(mutant === undefined ? {} : { mutant }) });
  if (mutant === undefined) {
    return { verdict: report.verdict, document: report, text: `${findingsText(report)}\nLogs: ${folder}` };
  }
  const { guarantee, anomaly } = requireMutant(mutant);
  const wanted = guarantee === 'liveness' ? null : guarantee;
  const sameFinding = report.failures.some((one) => one.guarantee === wanted && one.kind === anomaly);
  const text = `${findingsText(report)}\nThe finding of ${mutant}, ${guarantee} ${anomaly}: ${sameFinding ? 'yes' : 'NO'}\nLogs: ${folder}`;
  return { verdict: report.verdict, document: { ...report, sameFinding }, text };
}

function findingsText(found: Pick<ReplayReport, 'verdict' | 'failures' | 'unknown'>) {
  const failures = found.failures.map(({ guarantee, kind, message }) => `${guarantee ?? 'stop'} ${kind}: ${message}`);
  return [...failures, ...found.unknown, found.verdict].map(messageText).join('\n');
}
