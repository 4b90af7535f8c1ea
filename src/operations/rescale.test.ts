/** Rescale around the generation that it records: what it refuses, and what it finishes. */
import { setImmediate as later } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { ConfigurationError } from '../base/errors.ts';
import { DEFAULT_DECISION_SETTINGS, defaultFixedSettings } from '../payments/settings.ts';
import type { Ownership, Seed } from '../processor/ports.ts';
import { planRescale, type RescaleOrder, type RescalePorts, rescale } from './rescale.ts';

const ORDER: RescaleOrder = { topic: 't', partitions: 3, by: 'ann', producersStopped: true };
const GENERATION = { partitions: 3, floorMs: 5_000, sources: [{ partition: 0, offset: 40 }] };

/** One partition, rescaled to three; the new ones are not seeded yet. */
function rescaledRow(): Ownership {
  const entry = { fromOffset: 0, foldVersion: 2, decision: DEFAULT_DECISION_SETTINGS };
  return {
    topic: 't',
    partition: 0,
    epoch: 4,
    owner: 'a',
    claimId: 'of a',
    partitionCount: 1,
    startOffset: 0,
    fixed: defaultFixedSettings(0),
    history: [entry, { ...entry, fromOffset: 40, generation: GENERATION }],
    skipped: [],
    claimedAtMs: 0,
  } as Ownership;
}

function portsOver(rows: readonly Ownership[]): { readonly ports: RescalePorts; readonly seeded: Seed[] } {
  const seeded: Seed[] = [];
  const sink = {
    readOwnership: async () => rows,
    latestCheckpoint: async (_: string, partition: number) =>
      partition === 0 ? { nextOffset: 40, watermarkMs: 5_000 } : undefined,
    // A statement takes time: a caller that does not wait for it ends before it.
    seed: async (_: string, seeds: readonly Seed[]) => {
      await later();
      seeded.push(...seeds);
    },
    tablesWithRows: async () => new Set<string>(),
  };
  const ports = {
    sink,
    bounds: async () => ({ startOffset: 0, endOffset: 40 }),
    topicPartitions: async () => 3,
  };
  return { ports: ports as unknown as RescalePorts, seeded };
}

it('a topic that was never processed has nothing to rescale', async () => {
  const error = await planRescale(ORDER, portsOver([]).ports).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ConfigurationError);
  expect((error as Error).message).toContain('topic t was never processed into this dataset');
});

it('after a change that was broken off, the partitions that it brought are seeded before it says that it is done', async () => {
  const { ports, seeded } = portsOver([rescaledRow()]);
  const plan = await rescale(ORDER, ports, new AbortController().signal);
  expect(plan.isDone).toBe(true);
  expect(seeded.map(({ partition, partitionCount, startOffset }) => [partition, partitionCount, startOffset])).toEqual([
    [1, 3, 0],
    [2, 3, 0],
  ]);
  expect(seeded[0]!.history).toMatchObject([{ fromOffset: 0, generation: GENERATION }]);
});
