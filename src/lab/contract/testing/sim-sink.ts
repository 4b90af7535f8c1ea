/** The simulated BigQuery as a contract suite takes it: a world of its own for each test, each with another seed. */
import { DEFAULT_SINK_LIMITS } from '../../../sinks/bigquery/sink-limits.ts';
import { BigQueryWriteStreams } from '../../../sinks/bigquery/write/write-streams.ts';
import { type Dialect, SIM_DATASET } from '../../sim/bigquery/sim-bigquery.ts';
import { CALM, type Noise } from '../../sim/case/noise.ts';
import { elapse, settled, tablePath } from '../../sim/testing.ts';
import { createWorld } from '../../sim/world/create-world.ts';
import type { MakeSink, SinkClient } from './sink-under-test.ts';

/** Slow and uneven, and rows that show late: nothing that the contract does not allow. */
const UNEVEN: Noise = {
  ...CALM,
  latencyMsMax: 100,
  slowChance: 0.1,
  slowMsMax: 2_000,
  visibilityLagChance: 0.5,
  visibilityLagMsMax: 3_000,
};

export function simSinks(dialect: Dialect): MakeSink {
  let seed = 0;
  return async () => {
    const world = createWorld({ seed: ++seed, partitions: 1, dialect, noise: seed % 2 === 0 ? CALM : UNEVEN });
    let processes = 0;
    const client = (): SinkClient => {
      const { runtime, rpc, encoder, queries } = world.process(`client-${++processes}`).boot();
      const streams = new BigQueryWriteStreams({
        rpc,
        runtime,
        dataset: SIM_DATASET,
        limits: DEFAULT_SINK_LIMITS,
        isEmulator: dialect === 'emulator',
        encoder,
      });
      return { runtime, rpc, streams, encoder, queries };
    };
    return {
      ...client(),
      dialect,
      partition: 0,
      topic: world.kafka.topic,
      another: client,
      tablePath,
      settle: (promise) => settled(world, promise),
      async until(condition) {
        const end = await world.run(condition);
        if (end !== 'done') throw new Error(`did not come: ${end} at ${world.nowMs} ms: ${condition}`);
      },
      elapse: (ms) => elapse(world, ms),
      async [Symbol.asyncDispose]() {},
    };
  };
}
