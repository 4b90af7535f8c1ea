/**
 * The ports of `rescale` with crash points around its effect on the log, for the lab; the sink reports those on itself. Without it
 * there is no code path.
 */
import { around, type RescalePoint } from '../processor/crash-points.ts';
import type { RescalePorts } from './rescale.ts';

export type HitRescalePoint = (point: RescalePoint) => void | Promise<void>;

/** Reports each effect just before its request and just after its answer; nothing else changes. */
export function withRescalePoints(ports: RescalePorts, hit: HitRescalePoint): RescalePorts {
  return {
    ...ports,
    addPartitions: (partitions) => around(hit, 'rescale.partitions', () => ports.addPartitions(partitions)),
  };
}
