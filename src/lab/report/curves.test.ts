import { expect, test } from 'vitest';
import type { ProcessorEvent } from '../../processor/events.ts';
import { binWidthMs, CurveMaker } from './curves.ts';
import { unpackColumn } from './model/columns.ts';

const COUNTERS = { consumed: 0, accepted: 0, duplicates: 0, late: 0, rejected: 0 };
const checkpoint = (nextOffset: number, endToEndMs = 50): ProcessorEvent => ({
  type: 'checkpoint.written',
  partition: 0,
  epoch: 1,
  nextOffset,
  watermarkMs: 0,
  counters: COUNTERS,
  ids: 0,
  stateBytes: 0,
  tookMs: 1,
  endToEndMs,
});
const heard = (atMs: number, event: ProcessorEvent) => ({ atMs, processor: 'alpha', life: 1, event });

test('bins are of a round width, and few, however long the run', () => {
  expect(binWidthMs(10_000)).toBe(200);
  expect(binWidthMs(20 * 60_000)).toBe(5_000);
  for (const durationMs of [1, 1_000, 3_600_000, 1e9, 1e12]) {
    expect(durationMs / binWidthMs(durationMs)).toBeLessThanOrEqual(400);
  }
});

test('lag is what Kafka acknowledged less what a checkpoint covers, at the end of each bin', () => {
  const maker = new CurveMaker(0, 1_000);
  maker.sent({ atMs: 50, partition: 0, fromOffset: 0, toOffset: 100 });
  maker.sent({ atMs: 450, partition: 0, fromOffset: 100, toOffset: 130 });
  maker.event(heard(650, checkpoint(90)));
  const { lag } = maker.curves();
  expect(lag.map(({ partition }) => partition)).toEqual([0]);
  expect(unpackColumn(lag[0]!.records)).toEqual([100, 100, 130, 40, 40]);
});

test('what a second owner covers again counts once', () => {
  const maker = new CurveMaker(0, 1_000);
  maker.event(heard(100, checkpoint(100)));
  maker.event(heard(500, checkpoint(80)));
  maker.event(heard(700, checkpoint(150)));
  const covered = unpackColumn(maker.curves().coveredPerSecond) as number[];
  expect(covered.at(-1)).toBe(150);
});

test('a rate is over the last second, so a burst of one bin is no rate of its own', () => {
  const maker = new CurveMaker(0, 2_000);
  maker.sent({ atMs: 100, partition: 0, fromOffset: 0, toOffset: 500 });
  expect(unpackColumn(maker.curves().sentPerSecond)).toEqual([500, 500, 500, 500, 500, 0, 0, 0, 0, 0]);
});

test('the slowest checkpoint of a bin stands for it, and a bin without one is empty', () => {
  const maker = new CurveMaker(0, 600);
  maker.event(heard(10, checkpoint(1, 30)));
  maker.event(heard(20, checkpoint(2, 70)));
  expect(unpackColumn(maker.curves().endToEndMs)).toEqual([70, null, null]);
});

test('a sample of memory holds for a second, and longer silence is a gap', () => {
  const maker = new CurveMaker(0, 3_000);
  const values = { process_resident_memory_bytes: 100 * 1024 * 1024 };
  maker.sample({ atMs: 0, processor: 'alpha', life: 1, values });
  const mib = unpackColumn(maker.curves().memory[0]!.mib);
  expect(mib.slice(0, 7)).toEqual([100, 100, 100, 100, 100, 100, 100]);
  expect(mib.slice(7)).toEqual(new Array(8).fill(null));
});
