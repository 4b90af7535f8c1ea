/** From kill -9 under load to the first new durable row of the next process, with its local state and without. */
import { defineBenchmark } from './harness/benchmark.ts';
import { FIRST_ROW, FilledWorld, timelineText } from './parts/filled-world.ts';

/** Writes this long before it is killed: rows are in flight, and past the last checkpoint. */
const UNDER_LOAD_MS = 2_000;

export const benchmark = defineBenchmark({
  name: 'recover',
  what: 'a processor is killed while it writes as fast as it can; another starts at once in its place',
  limits:
    'as `start`, and reading back and comparing what was written past the last checkpoint; without the checkpoint, the ' +
    "emulator's query of every payment whose id is known; session timeout 30 s, brokers' rebalance delay 0",
  figures: [
    {
      name: 'recover',
      what: 'kill -9 to first new durable row, with local state',
      unit: 'ms',
      must: 4_000,
      aim: 2_000,
      better: 'less',
    },
    {
      name: 'recover-rebuilt',
      what: 'kill -9 to first new durable row, local state deleted: rebuilt from the sink',
      unit: 'ms',
      must: 30_000,
      aim: 15_000,
      better: 'less',
    },
  ],
  repeats: 2,
  sizes: { ids: 1_000_000, waiting: 120_000, partitions: 4, accounts: 20_000 },
  smoke: { ids: 400, waiting: 2_000, partitions: 2, accounts: 50 },
  async run({ sizes, repeats, say, sample, detail }) {
    const { ids, waiting, partitions, accounts } = sizes;
    for (let repeat = 1; repeat <= repeats; repeat += 1) {
      // Each in its own world: otherwise one would add to the state of the next.
      await using filled = await FilledWorld.create({ partitions, accounts, say });
      await filled.fill(ids, 'a');
      for (const figure of ['recover', 'recover-rebuilt'] as const) {
        await filled.send(waiting);
        const { child: killed } = await filled.startTimed('a', performance.now());
        const sending = filled.send(waiting);
        await new Promise((resolve) => setTimeout(resolve, UNDER_LOAD_MS));
        const killedAtMs = performance.now();
        await killed.kill();
        // So that there is something new to write, even if everything was written before.
        const more = filled.send(partitions * 50);
        if (figure === 'recover-rebuilt') await filled.world.loseCheckpoint('a');
        const { child, timeline } = await filled.startTimed('a', killedAtMs);
        say(`${figure}: ${timelineText(timeline)}`);
        sample({ [figure]: timeline[FIRST_ROW] as number });
        await Promise.all([sending, more]);
        await filled.drain();
        const restored = child.eventsOf('state.restored');
        const readBack = child.eventsOf('takeover.positioned').map(({ rowsAlreadyThere }) => rowsAlreadyThere);
        detail({
          [`${figure}, run ${repeat}`]: {
            stagesMs: timeline,
            idsKnown: restored.reduce((sum, { ids: known }) => sum + known, 0),
            restored: restored.map(({ how, ids: known, tookMs }) => ({ how, known, tookMs })),
            readBack,
          },
        });
        await child.stop();
      }
    }
  },
});
