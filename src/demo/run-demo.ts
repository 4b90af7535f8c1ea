/**
 * `npm run demo`: parts, story, checks, verdict. On real parts if they are available: with BigQuery's emulator, or with Delta
 * tables where only a broker is to be had. Otherwise, with `--infra auto`, the same story in the simulated world, which the top and the end of the output state. Live on a terminal, plain lines
 * elsewhere.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Listr, type ListrTask } from 'listr2';
import { doctor } from '../infra/doctor.ts';
import { renderMissing } from '../infra/doctor-text.ts';
import { type InfraChoice, InfraUnavailableError } from '../infra/types.ts';
import { SINK_NAMES, type SinkName } from '../lab/sink-names.ts';
import { type DemoEnding, endingJson, endingText, simulatedText } from './demo-ending.ts';
import type { DemoSize } from './demo-story.ts';
import { runEmbedded } from './embedded-demo.ts';
import { INTERRUPTED_EXIT, Interruption, interrupts } from './interrupts.ts';
import { keepUp } from './keep-up.ts';
import { type RealDemo, type RealDemoOptions, realSteps, startParts } from './real-demo.ts';
import { stepText, windowWidth, wrapped } from './text-layout.ts';

export interface DemoOptions extends DemoSize {
  /** Default: real, or simulated if `infra` is `auto` and real parts are not available. */
  readonly world?: 'sim' | 'real';
  /** Default: BigQuery, or Delta Lake if `infra` is `auto` and there is a broker, but no emulator. */
  readonly sink?: SinkName;
  readonly infra: InfraChoice;
  readonly emulatorImage?: string;
  /** Keeps real parts running until Ctrl-C and prints how to query them. */
  readonly keep: boolean;
  readonly json: boolean;
  /** Folder for logs, local state, the ledger and Delta tables, which stays; otherwise one that a PASS on BigQuery removes. */
  readonly folder?: string;
  /** Default: process.env. */
  readonly env?: NodeJS.ProcessEnv;
  readonly write: (text: string) => void;
}

/** The exit code: 0 PASS, 1 a check failed, 130 interrupted. Throws the error that kept the story from running. */
export async function runDemo(options: DemoOptions): Promise<number> {
  using interruption = interrupts();
  const { signal } = interruption;
  try {
    return options.world === 'sim' ? await tellSimulated(options, signal) : await tellReal(options, signal);
  } catch (error) {
    if (!(signal.reason instanceof Interruption)) throw error;
    const said = `Stopped by ${signal.reason.signalName}, without a verdict. Everything that it had started is stopped.`;
    if (!options.json) options.write(`\n${wrapped(said, 0, windowWidth()).join('\n')}\n`);
    return INTERRUPTED_EXIT;
  }
}

async function tellReal(options: DemoOptions, signal: AbortSignal): Promise<number> {
  const startedMs = Date.now();
  const folder = options.folder ?? (await mkdtemp(path.join(tmpdir(), 'provenonce-demo-')));
  const demo: RealDemo = {};
  const real: RealDemoOptions = { ...options, folder, env: options.env ?? process.env, signal };
  let keepFolder = options.folder !== undefined;
  try {
    const canSimulate = options.infra === 'auto' && options.world === undefined && options.sink === undefined;
    if (!(await hasParts(demo, real, options, canSimulate))) return await tellSimulated(options, signal);
    keepFolder = true;
    await run(realSteps(demo, real), options.json);
    const { story, facts, parts, world } = demo;
    if (story === undefined || facts === undefined || parts === undefined || world === undefined) {
      throw new Error('the demo ended before its checks');
    }
    const tables = world.tables.folder;
    const ending: DemoEnding = {
      ...{ world: 'real', infra: parts.way, sink: world.sinkKind },
      ...(tables === undefined ? {} : { tables }),
      ...{ story, facts, tookMs: Date.now() - startedMs },
    };
    const pass = tellEnding(options, ending);
    // Tables in a folder are there to be looked at.
    keepFolder = !pass || options.folder !== undefined || tables !== undefined;
    if (options.keep) await keepUp(parts.infra, world, options.write, signal);
    return pass ? 0 : 1;
  } finally {
    await demo.world?.[Symbol.asyncDispose]();
    await demo.parts?.[Symbol.asyncDispose]();
    if (!keepFolder) await rm(folder, { recursive: true, force: true });
    else if (!options.json) options.write(`The processes' logs and the ledger of what was sent are in ${folder}\n`);
  }
}

/** Starts the parts, of the first sink that this machine can have; false if it has none and may do without. */
async function hasParts(
  demo: RealDemo,
  real: RealDemoOptions,
  { json, sink, infra }: DemoOptions,
  canSimulate: boolean,
): Promise<boolean> {
  const sinks: readonly SinkName[] = sink !== undefined ? [sink] : infra === 'auto' ? SINK_NAMES : ['bigquery'];
  for (const each of sinks) {
    const isLast = each === sinks.at(-1);
    await run([partsStep(demo, real, each, !isLast || canSimulate)], json);
    if (demo.parts !== undefined) return true;
  }
  return false;
}

const PARTS: Readonly<Record<SinkName, string>> = {
  bigquery: 'Kafka broker and BigQuery emulator',
  delta: 'Kafka broker; tables of Delta Lake in a folder',
};

/** Skipped where the parts are not available and the demo may do without. */
function partsStep(demo: RealDemo, real: RealDemoOptions, sink: SinkName, mayLack: boolean): ListrTask {
  return {
    title: PARTS[sink],
    task: async (_, task) => {
      try {
        const { way, infra } = await startParts(demo, real, sink, (text) => {
          task.output = stepText(text);
        });
        const tables =
          sink === 'delta' ? 'Delta tables in a folder' : `BigQuery emulator at ${infra.bigqueryEmulatorHost}`;
        task.title = stepText(`Kafka at ${infra.kafkaBootstrapServers}, ${tables} (${way})`);
      } catch (error) {
        if (!mayLack || !(error instanceof InfraUnavailableError)) throw error;
        task.skip('not available on this machine');
      }
    },
  };
}

async function tellSimulated(options: DemoOptions, signal: AbortSignal): Promise<number> {
  const startedMs = Date.now();
  const missing =
    options.world === 'sim' ? undefined : renderMissing(await doctor({ env: options.env ?? process.env }));
  if (!options.json) options.write(`${simulatedText(missing !== undefined, windowWidth())}\n\n`);
  const { story, facts } = await runEmbedded(options, signal, (steps) => run(steps, options.json));
  const ending: DemoEnding = { world: 'sim', missing, story, facts, tookMs: Date.now() - startedMs };
  const pass = tellEnding(options, ending);
  if (options.keep && !options.json)
    options.write('--keep: a simulated world leaves nothing running that could be queried.\n');
  return pass ? 0 : 1;
}

/** Whether it passed. */
function tellEnding(options: DemoOptions, ending: DemoEnding): boolean {
  const { text, pass } = options.json ? endingJson(ending) : endingText(ending, windowWidth());
  options.write(text);
  return pass;
}

/** Rejects with the error of a step; the list only marks the step, so that the error is printed once. */
async function run(steps: readonly ListrTask[], json: boolean): Promise<void> {
  let failure: { readonly error: unknown } | undefined;
  const noting = steps.map((step): ListrTask => {
    const task: ListrTask['task'] = async (context, wrapper) => {
      try {
        return await step.task(context, wrapper);
      } catch (error) {
        failure = { error };
        throw new Error('see below');
      }
    };
    return { ...step, title: stepText(String(step.title)), task };
  });
  // Signals are handled here: listr would end the process with everything still running.
  const common = { registerSignalListeners: false } as const;
  const list = json
    ? new Listr(noting, { ...common, renderer: 'silent' })
    : new Listr(noting, {
        ...common,
        renderer: 'default',
        rendererOptions: { showErrorMessage: false },
        fallbackRenderer: 'simple',
      });
  try {
    await list.run();
  } catch (error) {
    throw failure === undefined ? error : failure.error;
  }
}
