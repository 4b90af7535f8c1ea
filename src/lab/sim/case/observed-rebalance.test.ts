/** What operators see of a rebalance: each partition's gauges come from the one process that has it, and /readyz from what it has. */
import { describe, expect, it } from 'vitest';
import { healthObserver } from '../../../observability/health.ts';
import { createMetrics } from '../../../observability/metrics.ts';
import { metricsObserver } from '../../../observability/metrics-observer.ts';
import { PartitionRoster } from '../../../observability/partition-roster.ts';
import { observers, type ProcessorEvent } from '../../../processor/events.ts';
import { elapse } from '../testing.ts';
import { createWorld } from '../world/create-world.ts';
import { processorMain } from '../world/processor-main.ts';
import type { World } from '../world/world.ts';
import { DEFAULT_DIALS, drawWorkload, send } from './workload.ts';

const PARTITIONS = 4;

interface Watched {
  readonly events: ProcessorEvent[];
  readonly health: ReturnType<typeof healthObserver>;
  /** The partitions of which a gauge is exported, by its name. */
  exported(): Promise<Map<string, number[]>>;
}

function start(world: World, name: string, groupId?: string): Watched {
  const metrics = createMetrics({ version: '0', nodeVersion: '0' });
  const roster = new PartitionRoster();
  const toMetrics = metricsObserver(metrics, () => world.nowMs, roster);
  const health = healthObserver(roster);
  const events: ProcessorEvent[] = [];
  const observer = observers(roster, toMetrics, health, { emit: (event) => events.push(event) });
  world.spawn(name, processorMain({ observer }), groupId === undefined ? {} : { groupId });
  const exported = async (): Promise<Map<string, number[]>> => {
    toMetrics.refresh();
    const all = (await metrics.registry.getMetricsAsJSON()) as unknown as {
      name: string;
      type: string;
      values: { labels: { partition?: number } }[];
    }[];
    return new Map(
      all
        .filter(({ type }) => type === 'gauge')
        .map(({ name, values }) => [name, values.flatMap(({ labels }) => labels.partition ?? [])]),
    );
  };
  return { events, health, exported };
}

/** Sends as long as the test looks. */
function feed(world: World, seed: number): void {
  const workload = drawWorkload({ ...DEFAULT_DIALS, seed, partitions: PARTITIONS, records: 600, spanMs: 120_000 });
  for (const record of workload) {
    world.after(record.atMs, () =>
      send(record, world.kafka.partition(record.partition), world.nowMs, (delayMs, action) =>
        world.after(delayMs, action),
      ),
    );
  }
}

const GAUGES = [
  'partition_owned',
  'consumer_lag_records',
  'checkpoint_next_offset',
  'state_ids',
  'checkpoint_age_seconds',
];

/** Each partition's gauges, from all of these together: each once. */
async function expectOneExporter(watched: readonly Watched[]): Promise<void> {
  const all = await Promise.all(watched.map(({ exported }) => exported()));
  for (const gauge of GAUGES) {
    const partitions = all.flatMap((each) => each.get(`provenonce_${gauge}`) ?? []);
    expect([gauge, partitions.sort((a, b) => a - b)]).toEqual([gauge, [0, 1, 2, 3]]);
  }
}

describe('a rebalance', () => {
  it.each([1, 2, 3])('leaves the gauges of each partition with the process that has it: seed %i', async (seed) => {
    const world = createWorld({ seed, partitions: PARTITIONS });
    feed(world, seed);
    const a = start(world, 'a');
    await elapse(world, 20_000);
    await expectOneExporter([a]);
    const b = start(world, 'b');
    await elapse(world, 40_000);
    await expectOneExporter([a, b]);
    expect((await b.exported()).get('provenonce_partition_owned')).toHaveLength(PARTITIONS / 2);
    const lost = a.events.filter(({ type }) => type === 'partition.released');
    expect(lost).toHaveLength(PARTITIONS / 2);
    expect(lost).toEqual(lost.map(() => expect.objectContaining({ drained: false })));
    world.process('b').stop();
    await elapse(world, 40_000);
    await expectOneExporter([a]);
    expect(b.events.filter(({ type }) => type === 'partition.released')).toHaveLength(PARTITIONS / 2);
  });

  it('makes nobody ready before the first assignment, and a spare after one without partitions', async () => {
    const world = createWorld({ seed: 1, partitions: 1 });
    const a = start(world, 'a');
    await elapse(world, 20_000);
    const b = start(world, 'b');
    const seen: string[][] = [];
    for (let i = 0; i < 400 && !b.events.some(({ type }) => type === 'assignment.changed'); i++) {
      await elapse(world, 50);
      if (b.events.some(({ type }) => type === 'processor.started')) seen.push([...b.health.readiness().reasons]);
    }
    expect(seen.length).toBeGreaterThan(2);
    expect(seen.slice(0, -1)).toEqual(seen.slice(1).map(() => ['waiting for the first assignment of partitions']));
    expect([a, b].map(({ health }) => health.readiness().ready)).toEqual([true, true]);
    expect([a, b].map(({ health }) => health.readiness().partitions.length).sort()).toEqual([0, 1]);
  });
});

describe('an owner that is fenced', () => {
  it('says who has the partition now', async () => {
    const world = createWorld({ seed: 1, partitions: PARTITIONS });
    feed(world, 1);
    const a = start(world, 'a', 'one');
    await elapse(world, 20_000);
    start(world, 'b', 'two');
    await elapse(world, 6_000);
    const fenced = a.events.filter((event) => event.type === 'partition.fenced');
    expect(fenced.length).toBeGreaterThanOrEqual(PARTITIONS);
    const firstOf = (partition: number) => fenced.find((event) => event.partition === partition);
    for (let partition = 0; partition < PARTITIONS; partition++) {
      expect(firstOf(partition)).toMatchObject({ epoch: 1, newOwner: 'b.1', newEpoch: 2 });
    }
  });
});
