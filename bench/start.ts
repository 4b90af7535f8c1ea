/** From the start of the process to its first durable row, with warm local state and payments waiting. */
import { defineBenchmark } from './harness/benchmark.ts';
import { FIRST_ROW, FilledWorld, timelineText } from './parts/filled-world.ts';

export const benchmark = defineBenchmark({
  name: 'start',
  what: 'a stopped processor starts again with its checkpoint, payments waiting',
  limits:
    'loading of packages, a dozen answers of broker and emulator one after the other, and reading and adding up the state, all ' +
    'on two cores with both; the process logs at debug level, since that is how its first row is seen',
  figures: [
    {
      name: 'start',
      what: 'process start to first durable row, warm local state',
      unit: 'ms',
      must: 2_000,
      aim: 1_000,
      better: 'less',
    },
  ],
  repeats: 3,
  sizes: { ids: 1_000_000, waiting: 20_000, partitions: 4, accounts: 20_000 },
  smoke: { ids: 400, waiting: 100, partitions: 2, accounts: 50 },
  async run({ sizes, repeats, say, sample, detail }) {
    const { ids, waiting, partitions, accounts } = sizes;
    await using filled = await FilledWorld.create({ partitions, accounts, say });
    await filled.fill(ids, 'a');
    for (let repeat = 1; repeat <= repeats; repeat += 1) {
      await filled.send(waiting);
      const { child, timeline } = await filled.startTimed('a', performance.now());
      say(timelineText(timeline));
      sample({ start: timeline[FIRST_ROW] as number });
      detail({ [`stages of run ${repeat}, ms`]: timeline });
      await filled.drain();
      await child.stop();
    }
  },
});
