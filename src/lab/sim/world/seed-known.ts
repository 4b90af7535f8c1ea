/** A world whose topic was seeded with payments that another pipeline had written, before any processor ran. */

import { defaultFixedSettings, FOLD_VERSION } from '../../../payments/settings.ts';
import { KnownSum } from '../../../payments/state/known-elsewhere.ts';
import { idsLiveFromMs } from '../../../payments/state/liveness.ts';
import type { DecisionSettings, Generation, KnownPayment } from '../../../payments/types.ts';
import { EPOCH_MS } from './context.ts';
import type { World } from './world.ts';

/** Plain data, as the rest of a plan. */
export interface KnownElsewhere {
  readonly payments: readonly KnownPayment[];
  /** Earlier payments are late. */
  readonly floorMs: number;
}

const LIST = 'list-1';

/** As `provenonce seed --known-ids` leaves the dataset. */
export function seedKnown(world: World, { payments, floorMs }: KnownElsewhere, decision: DecisionSettings): void {
  const fixed = defaultFixedSettings(EPOCH_MS);
  const fromMs = idsLiveFromMs(fixed, floorMs);
  const sum = new KnownSum();
  for (const payment of payments) if (payment.eventTimeMs >= fromMs) sum.add(payment);
  const known = { list: LIST, fromMs, toMs: Math.max(sum.toMs, fromMs), count: sum.count, digest: sum.digest };
  const { topic, partitions } = world.kafka;
  const generation: Generation = { partitions: partitions.length, floorMs, sources: [], known };
  world.bigquery.known.set(LIST, payments);
  const history = [{ fromOffset: 0, foldVersion: FOLD_VERSION, decision, generation }];
  const seeds = [...partitions.keys()].map((partition) => {
    return { partition, partitionCount: partitions.length, startOffset: 0, fixed, history };
  });
  world.bigquery.ownership.seed(topic, seeds, world.nowMs);
}
