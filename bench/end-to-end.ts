/**
 * The pipeline into the emulator, all tables, against a bare append loop of the same rows into the same emulator,
 * alternately, each time into a new dataset: how near the pipeline comes to the sink's own speed.
 */
import { defineBenchmark } from './harness/benchmark.ts';
import { appendAll, prepareRows } from './parts/append-loop.ts';
import { RealParts } from './parts/real-parts.ts';
import { fill } from './pipeline.ts';

const TIMEOUT_MS = 300_000;

export const benchmark = defineBenchmark({
  name: 'end-to-end',
  what: 'real broker to emulator, all tables, against a bare append loop of the same rows, in turns',
  limits:
    'the emulator shares the cores with broker and processor, and while the bare loop runs it has them nearly to itself (rows are folded ' +
    'and encoded beforehand); the pipeline from the first partition that runs to the last row acknowledged, checkpoints included',
  figures: [
    {
      name: 'end-to-end',
      what: 'real broker to emulator, all tables, of what the emulator takes from a bare append loop in the same run',
      unit: '%',
      must: 80,
      aim: 95,
      better: 'more',
    },
  ],
  // The bare loop alone differs by a quarter between runs, depending on DuckDB's pauses.
  repeats: 5,
  sizes: { events: 1_000_000, partitions: 4, accounts: 20_000 },
  smoke: { events: 1_000, partitions: 2, accounts: 100 },
  async run({ sizes, repeats, say, sample, detail }) {
    await using parts = await RealParts.start(say);
    const topic = await fill(parts, sizes, say);
    const prepared = await prepareRows(parts.connection, topic, parts.sink(parts.name('prepare')).encoder);
    say(`${prepared.rows} rows, ${Math.round(prepared.bytes / 1e6)} MB of ${prepared.records} events prepared`);
    const bare = async (repeat: number): Promise<number> => {
      const sink = parts.sink(parts.name(`bare_${repeat}`));
      await sink.applySchema();
      return (1_000 * prepared.rows) / (await appendAll(sink, prepared));
    };
    const ours = async (repeat: number): Promise<number> => {
      const processor = parts.process({ topic, dataset: parts.name(`end_to_end_${repeat}`) });
      const runningAtMs = await processor.running;
      const last = await processor.untilDurable(sizes.events, TIMEOUT_MS);
      await processor.stop();
      return (1_000 * last.rows) / (last.atMs - runningAtMs);
    };
    for (let repeat = 1; repeat <= repeats; repeat += 1) {
      // Alternately, and not always in the same order: the emulator holds more data with each.
      const [first, second] = repeat % 2 === 1 ? [bare, ours] : [ours, bare];
      const rates = new Map([
        [first, await first(repeat)],
        [second, await second(repeat)],
      ]);
      const facts = { pipelineRowsPerSecond: rates.get(ours)!, bareRowsPerSecond: rates.get(bare)! };
      const percent = (100 * facts.pipelineRowsPerSecond) / facts.bareRowsPerSecond;
      sample({ 'end-to-end': percent });
      detail({ [`run ${repeat}`]: facts });
      say(
        `repeat ${repeat} of ${repeats}: ${Math.round(facts.pipelineRowsPerSecond)} rows a second of ${Math.round(facts.bareRowsPerSecond)}: ${Math.round(percent)} %`,
      );
    }
  },
});
