import { expect, test } from 'vitest';
import type { ProcessorEvent } from '../processor/events.ts';
import { PartitionRoster } from './partition-roster.ts';

const counters = { consumed: 0, accepted: 0, duplicates: 0, late: 0, rejected: 0 };
const running = (partition: number): ProcessorEvent => ({
  type: 'takeover.running',
  partition,
  epoch: 1,
  tookMs: 1,
  counters,
});
const assigned = (partitions: number[], lost: number[] = []): ProcessorEvent => ({
  type: 'assignment.changed',
  partitions,
  gained: [],
  lost,
});
const stopped: ProcessorEvent = { type: 'partition.stopped', partition: 2, code: 'log_changed', error: 'differs' };

function after(...events: readonly ProcessorEvent[]) {
  const roster = new PartitionRoster();
  for (const event of events) roster.emit(event);
  const { assigned: has, held, stopped: ended, pending } = roster;
  return { has, held: [...held], stopped: [...ended.keys()], pending };
}

test('nothing is assigned before the group has said so', () => {
  expect(after()).toEqual({ has: undefined, held: [], stopped: [], pending: [] });
  expect(after(assigned([]))).toEqual({ has: [], held: [], stopped: [], pending: [] });
});

test('an assigned partition is pending until it runs or stops', () => {
  const all = [assigned([1, 2, 3]), running(1), stopped];
  expect(after(...all)).toEqual({ has: [1, 2, 3], held: [1], stopped: [2], pending: [3] });
  expect(after(...all, running(2))).toMatchObject({ held: [1, 2], stopped: [] });
});

test.each([
  ['fenced', { type: 'partition.fenced', partition: 1, epoch: 1, why: 'x', retryInMs: 1 }],
  ['released', { type: 'partition.released', partition: 1, epoch: 1, drained: true }],
] as const)('a partition that is %s is pending again', (_, event) => {
  expect(after(assigned([1]), running(1), event)).toMatchObject({ held: [], pending: [1] });
});

test('what the group takes away is neither held nor stopped', () => {
  expect(after(assigned([1, 2]), running(1), stopped, assigned([], [1, 2]))).toEqual({
    has: [],
    held: [],
    stopped: [],
    pending: [],
  });
});
