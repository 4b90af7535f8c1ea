/** A second processor joins, and leaves again: from its request until every partition that moves has new rows. */
import type { ProcessorChild } from '../src/lab/real/processor/processor-child.ts';
import { defineBenchmark } from './harness/benchmark.ts';
import { FilledWorld, until } from './parts/filled-world.ts';

/** More than any run lasts; the sending is stopped. */
const SENDING_S = 900;

export const benchmark = defineBenchmark({
  name: 'takeover',
  what: 'two processors under a steady load: the second joins and takes half of the partitions, then is stopped with SIGTERM',
  limits:
    'the claims of all partitions in one statement, five streams for each, one query per table for all of them, on an emulator that ' +
    'answers one after the other; heartbeats of a second; a killed process that nobody follows is noticed after its session, which is not measured here',
  figures: [
    {
      name: 'takeover',
      what: 'a second process has joined: from its check of the topic until each partition it was given has new rows',
      unit: 'ms',
      must: 10_000,
      aim: 5_000,
      better: 'less',
    },
    {
      name: 'takeover-leave',
      what: 'SIGTERM to one of two processes until each of its partitions has new rows in the other',
      unit: 'ms',
      must: 10_000,
      aim: 5_000,
      better: 'less',
    },
  ],
  repeats: 3,
  sizes: { partitions: 64, ratePerSecond: 2_000, accounts: 20_000 },
  smoke: { partitions: 4, ratePerSecond: 400, accounts: 200 },
  async run({ sizes, repeats, say, sample, detail }) {
    const { partitions, accounts, ratePerSecond } = sizes;
    await using filled = await FilledWorld.create({ partitions, accounts, say });
    const stop = new AbortController();
    const sending = filled.send(ratePerSecond * SENDING_S, ratePerSecond, stop.signal);
    const stays = filled.start('stays');
    await flowing(filled, stays, partitions);
    for (let repeat = 1; repeat <= repeats; repeat += 1) {
      let askedAtMs = 0;
      const joins: ProcessorChild = filled.start('joins');
      const unlisten = filled.listen((event, child) => {
        if (child === joins && event.type === 'processor.started') askedAtMs = performance.now();
      });
      const moved = await flowing(filled, joins, Math.floor(partitions / 2));
      const joinedMs = performance.now() - askedAtMs;
      unlisten();
      const coming = flowing(filled, stays, moved);
      const leftAtMs = performance.now();
      await joins.stop();
      await coming;
      const leftMs = performance.now() - leftAtMs;
      say(`${moved} partitions: joined ${Math.round(joinedMs)} ms, left ${Math.round(leftMs)} ms`);
      sample({ takeover: joinedMs, 'takeover-leave': leftMs });
      detail({ [`partitions moved, run ${repeat}`]: moved });
    }
    stop.abort();
    await sending;
    await filled.drain();
  },
});

/** Until this many partitions have run in the process and have had a row acknowledged since; returns their number. */
async function flowing(filled: FilledWorld, child: ProcessorChild, atLeast: number): Promise<number> {
  const running = new Set<number>();
  const flow = new Set<number>();
  const unlisten = filled.listen((event, of) => {
    if (of !== child) return;
    if (event.type === 'takeover.running') running.add(event.partition);
    if (event.type === 'append.acknowledged' && running.has(event.partition)) flow.add(event.partition);
  });
  await until(() => flow.size >= atLeast && flow.size === running.size, child);
  unlisten();
  return flow.size;
}
