/** The steps of a demo in the simulated world. */
import type { ListrTask } from 'listr2';
import type { DemoFacts } from './demo-facts.ts';
import type { DemoSize, StoryResult } from './demo-story.ts';
import { embeddedFacts } from './embedded-facts.ts';
import { type EmbeddedStory, embeddedStory } from './embedded-story.ts';
import { count, stepText } from './text-layout.ts';

const PARTITIONS = 4;

export interface Embedded {
  readonly story: StoryResult;
  readonly facts: DemoFacts;
}

/** `run` shows the steps as they happen. Rejects with signal.reason when aborted. */
export async function runEmbedded(
  size: DemoSize,
  signal: AbortSignal,
  run: (steps: ListrTask[]) => Promise<void>,
): Promise<Embedded> {
  let told: EmbeddedStory | undefined;
  let facts: DemoFacts | undefined;
  await run([
    {
      title: `${count(size.events)} payments; kill -9 in mid-batch; local state lost; drain (simulated)`,
      task: async (_, task) => {
        let flow = '';
        let now = '';
        const show = (): void => {
          task.output = stepText(now === '' ? flow : `${flow}\n${now}`);
        };
        told = await embeddedStory({
          ...size,
          partitions: PARTITIONS,
          signal,
          say: (text) => {
            now = text;
            show();
          },
          onProgress: ({ sent, count: all, checkpointed }) => {
            flow = `${count(sent)} of ${count(all)} sent, ${count(checkpointed)} checkpointed`;
            if (process.stdout.isTTY) show();
          },
        });
      },
    },
    {
      title: 'Checks, over the simulated tables and the simulated topic',
      task: async () => {
        facts = await embeddedFacts(told!.world);
      },
    },
  ]);
  if (told === undefined || facts === undefined) throw new Error('the demo ended before its checks');
  return { story: told.result, facts };
}
