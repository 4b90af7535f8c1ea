/**
 * The ports of `rescale` with crash points around each of its external effects, for the lab. Without it there is no code path.
 */
import { overriding, type RescaleEffect, type RescalePoint } from '../processor/crash-points.ts';
import type { RescalePorts } from './rescale.ts';

export type HitRescalePoint = (point: RescalePoint) => void | Promise<void>;

/** Reports each effect just before its request and just after its answer; nothing else changes. */
export function withRescalePoints(ports: RescalePorts, hit: HitRescalePoint): RescalePorts {
  const around =
    <A extends unknown[], R>(effect: RescaleEffect, act: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      await hit(`${effect}.before`);
      const result = await act(...args);
      await hit(`${effect}.after`);
      return result;
    };
  const { queries, streams } = ports;
  return {
    ...ports,
    queries: overriding(queries, {
      claim: around('rescale.claim', queries.claim.bind(queries)),
      putHistories: around('rescale.generation', queries.putHistories.bind(queries)),
      seed: around('rescale.seed', queries.seed.bind(queries)),
    }),
    streams: overriding(streams, { finalize: around('rescale.finalize', streams.finalize.bind(streams)) }),
    addPartitions: around('rescale.partitions', ports.addPartitions.bind(ports)),
  };
}
