/** Makes a world of real parts for one scenario, runs it to its verdict, and leaves its artifacts (src/lab/artifacts.ts). */
import { orAborted } from '../base/abort.ts';
import { systemRuntime } from '../base/system-runtime.ts';
import type { ProcessorEvent } from '../processor/events.ts';
import { RealWorld, type RealWorldOptions } from './real/real-world.ts';
import { writeRun } from './real/write-run.ts';
import type { RunWatch } from './run-progress.ts';
import { type RunOutcome, runToVerdict } from './run-to-verdict.ts';
import type { Scenario } from './scenario.ts';
import { within } from './time-limit.ts';

export interface RunOnPartsOptions extends Pick<RealWorldOptions, 'mutant' | 'drainTimeoutMs' | 'sink'> {
  readonly seed?: number;
  readonly watch?: RunWatch | undefined;
  readonly signal?: AbortSignal;
  /** The line that runs it again, for its artifacts. Default: `lab run` with its name and seed. */
  readonly command?: string | undefined;
}

export interface PartsOutcome extends RunOutcome {
  /** Records in the topic. */
  readonly records: number;
  /** Of all processors of all lives. */
  readonly events: readonly ProcessorEvent[];
}

const MADE_WITHIN_MS = 90_000;

/** Where `infra` has no parts, only endpoints, others use it too, and nothing of it is killed. */
export async function runOnParts(
  scenario: Scenario,
  infra: RealWorldOptions['infra'],
  folder: string,
  { seed, watch, command, signal = new AbortController().signal, ...processors }: RunOnPartsOptions = {},
): Promise<PartsOutcome> {
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
  const made = within(systemRuntime, MADE_WITHIN_MS, making, () => 'a topic and tables are made');
  await using world = await orAborted(made, signal);
  watch?.follow(() => ({
    sent: world.recorder.acknowledgedRecords,
    checkpointed: world.recorder.checkpointedRecords,
    broken: world.faults.active,
  }));
  const outcome = await runToVerdict(scenario, world, undefined, signal);
  await writeRun(scenario, world, outcome.report, outcome.verified, folder, command);
  return { ...outcome, records: world.acknowledged, events: world.children.flatMap(({ events }) => events) };
}
