/**
 * The whole production path into Delta tables on a disk, in turns with the same path to a sink that acknowledges at once (`pipeline`):
 * what Parquet, statistics, commits and the disk cost.
 */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { defineBenchmark } from './harness/benchmark.ts';
import { startAcknowledgingSink } from './parts/acknowledging-sink.ts';
import { RealParts } from './parts/real-parts.ts';
import { acknowledgedBy, drainOnce, fill } from './pipeline.ts';

export const benchmark = defineBenchmark({
  name: 'delta-pipeline',
  what: 'real broker to the full pipeline in one process to Delta tables on a disk',
  limits:
    'events waiting in the broker; time from the first partition that runs to the last row in a commit; default commit interval; broker and ' +
    'processor share the cores; memory is the peak of the kernel',
  figures: [
    {
      name: 'delta-pipeline',
      what: 'real broker to the full pipeline to Delta tables on a disk, one process',
      unit: 'events/s',
      must: 50_000,
      aim: 100_000,
      better: 'more',
    },
    {
      name: 'delta-pipeline-share',
      what: 'that rate against the one of `pipeline` in the same run, in turns',
      unit: '%',
      must: 50,
      aim: 80,
      better: 'more',
    },
    {
      name: 'delta-memory',
      what: 'peak resident set in `delta-pipeline`',
      unit: 'MB',
      aim: 500,
      better: 'less',
      judged: 'worst',
    },
  ],
  repeats: 3,
  sizes: { events: 1_000_000, partitions: 4, accounts: 20_000 },
  smoke: { events: 1_000, partitions: 2, accounts: 100 },
  async run({ sizes, repeats, say, sample, detail }) {
    await using parts = await RealParts.start(say);
    await using sink = await startAcknowledgingSink();
    const topic = await fill(parts, sizes, say);
    for (let repeat = 1; repeat <= repeats; repeat += 1) {
      const plain = await drainOnce(parts, acknowledgedBy(sink), topic, parts.name(`turn_${repeat}`), sizes.events);
      const name = parts.name(`delta_${repeat}`);
      const location = path.join(parts.folder, `lake-${name}`);
      mkdirSync(location);
      const settings = { SINK: 'delta', DELTA_LOCATION: location };
      const delta = await drainOnce(parts, settings, topic, name, sizes.events);
      const share = (100 * delta.perSecond) / plain.perSecond;
      sample({ 'delta-pipeline': delta.perSecond, 'delta-pipeline-share': share, 'delta-memory': delta.peakMb });
      detail({ [`run ${repeat}`]: delta, [`run ${repeat} of pipeline`]: plain });
      say(`repeat ${repeat} of ${repeats}: ${Math.round(delta.perSecond)} events a second, ${Math.round(share)} %`);
    }
  },
});
