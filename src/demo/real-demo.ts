/** The steps of a demo on real parts, and their results for later steps: facts, or things to stop. */
import type { ListrTask } from 'listr2';
import type { InfraChoice, InfraProgress } from '../infra/types.ts';
import { RealWorld } from '../lab/real/real-world.ts';
import { type RunParts, startParts as startRunParts } from '../lab/run-parts.ts';
import type { SinkName } from '../lab/sink-names.ts';
import type { DemoFacts } from './demo-facts.ts';
import { type DemoSize, type StoryResult, sendAndCrash, startProcessors } from './demo-story.ts';
import { FlowProgress } from './flow-progress.ts';
import { realFacts } from './real-facts.ts';
import { count, stepText } from './text-layout.ts';

export interface RealDemoOptions extends DemoSize {
  readonly infra: InfraChoice;
  readonly emulatorImage?: string;
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  /** Ends the current step, which rejects with its reason. */
  readonly signal: AbortSignal;
}

/** Filled in by the steps. */
export interface RealDemo {
  parts?: RunParts;
  world?: RealWorld;
  story?: StoryResult;
  facts?: DemoFacts;
}

export const PARTITIONS = 4;

/** Throws InfraUnavailableError if this way is not available. */
export async function startParts(
  demo: RealDemo,
  options: RealDemoOptions,
  sink: SinkName,
  tell: (text: string) => void,
): Promise<RunParts> {
  const { infra: way, emulatorImage, env, signal, folder } = options;
  const infra = {
    way,
    env,
    ...(emulatorImage === undefined ? {} : { emulatorImage }),
    onProgress: ({ part, text }: InfraProgress) => tell(`${part}: ${text}`),
  };
  const starting = startRunParts({ sink, store: 'disk' }, infra, folder);
  // Aborted while it starts: infra's reaper ends parts that start late, with this process.
  demo.parts = await orAborted(starting, signal);
  return demo.parts;
}

export function realSteps(demo: RealDemo, options: RealDemoOptions): ListrTask[] {
  const progress = new FlowProgress();
  const { signal, folder } = options;
  return [
    {
      title: 'Topic, tables and two processors',
      task: async (_, task) => {
        const creating = RealWorld.create({
          name: 'demo',
          topic: 'payment-events',
          dataset: 'payment_data',
          infra: demo.parts!.infra,
          sink: demo.parts!.sink,
          partitions: PARTITIONS,
          folder,
          onEvent: (event) => progress.take(event),
          onProgress: ({ sent, count: all }) => progress.sent(sent, all),
        });
        demo.world = await orAborted(creating, signal);
        await orAborted(startProcessors(demo.world), signal);
        task.title = stepText(`Topic with ${PARTITIONS} partitions, tables, views, processors alpha and beta`);
      },
    },
    {
      title: `${count(options.events)} payments; kill -9 in mid-batch; local state deleted; drain`,
      task: async (_, task) => {
        progress.show = (text) => {
          task.output = stepText(text);
        };
        const telling = sendAndCrash(demo.world!, options, (text) => progress.say(text), signal);
        demo.story = await orAborted(telling, signal);
      },
    },
    {
      title: 'Checks, in the tables and against the topic itself',
      task: async () => {
        demo.facts = await orAborted(realFacts(demo.world!), signal);
      },
    },
  ];
}

/** The promise, or the reason of an earlier abort; the promise is then left to end by itself. */
async function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  promise.catch(() => {}); // its failure after an abort is ignored
  signal.throwIfAborted();
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    if (onAbort !== undefined) signal.removeEventListener('abort', onAbort);
  }
}
