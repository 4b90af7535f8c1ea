import { expect, test } from 'vitest';
import type { ProcessorEvent } from '../../processor/events.ts';
import { EventTable } from './model/event-table.ts';
import { partitionHistories } from './model/partition-history.ts';
import { type LifeSources, lifeOf } from './model/record-life.ts';
import type { SentRecord } from './model/record-table.ts';
import { EventPacker } from './pack-tables.ts';

type Said = readonly [atMs: number, processor: string, event: ProcessorEvent];

function sourcesOf(said: readonly Said[]): LifeSources {
  const packer = new EventPacker(0);
  for (const [atMs, processor, event] of said) packer.take({ atMs, processor, life: 1, event });
  const sent = [{ atMs: 5, partition: 0, from: 0, to: 100 }];
  return { histories: partitionHistories(new EventTable(packer.pack())), sent };
}

const positioned = (epoch: number, checkpointOffset: number, resumeOffset: number): ProcessorEvent => ({
  type: 'takeover.positioned',
  partition: 0,
  epoch,
  checkpointOffset,
  resumeOffset,
  rowsAlreadyThere: 0,
});
const folded = (records: number, nextOffset: number, accepted = nextOffset): ProcessorEvent => ({
  type: 'batch.folded',
  partition: 0,
  records,
  bytes: 1,
  counters: { consumed: nextOffset, accepted, duplicates: nextOffset - accepted, late: 0, rejected: 0 },
  watermarkMs: 0,
  nextOffset,
  endOffset: nextOffset,
});
const acknowledged = (rows: number, table = 'payment_transactions'): ProcessorEvent => ({
  type: 'append.acknowledged',
  partition: 0,
  table,
  rows,
  bytes: 1,
  tookMs: 1,
});
const checkpoint = (epoch: number, nextOffset: number): ProcessorEvent => ({
  type: 'checkpoint.written',
  partition: 0,
  epoch,
  nextOffset,
  watermarkMs: 0,
  counters: { consumed: 0, accepted: 0, duplicates: 0, late: 0, rejected: 0 },
  ids: 0,
  stateBytes: 0,
  tookMs: 1,
  endToEndMs: 1,
});
const finalized = (epoch: number, table: string, rowCount: number): ProcessorEvent => ({
  type: 'takeover.finalized',
  partition: 0,
  epoch,
  table,
  outcome: { state: 'finalized', rowCount },
});
const steps = (offset: number, sources: LifeSources, record?: Partial<SentRecord>) =>
  lifeOf({ partition: 0, offset }, record as SentRecord | undefined, sources).steps.map(({ kind, atMs }) => [
    kind,
    atMs,
  ]);
const payment = { expected: 'accepted' };

/** Alpha writes 20 records, covers 10 and dies; beta finds 20, and continues to 40. */
const TAKEN_OVER: readonly Said[] = [
  [10, 'alpha', positioned(1, 0, 0)],
  [20, 'alpha', folded(10, 10)],
  [30, 'alpha', folded(10, 20)],
  [32, 'alpha', acknowledged(10)],
  [34, 'alpha', checkpoint(1, 10)],
  [38, 'alpha', acknowledged(10)],
  [40, 'alpha', folded(10, 30)],
  [50, 'beta', finalized(1, 'payment_transactions', 20)],
  [51, 'beta', positioned(2, 10, 20)],
  [60, 'beta', folded(30, 40)],
  [70, 'beta', acknowledged(20)],
  [80, 'beta', checkpoint(2, 40)],
];

test('a record is in Kafka, folded, written and covered', () => {
  const sources = sourcesOf(TAKEN_OVER);
  expect(steps(3, sources, payment)).toEqual([
    ['kafka', 5],
    ['folded', 20],
    ['written', 32],
    ['covered', 34],
  ]);
  expect(lifeOf({ partition: 0, offset: 3 }, undefined, sources).writtenByEpoch).toBe(1);
});

test('rows past the checkpoint that a takeover finds are compared, not written; the first epoch stays their writer', () => {
  const sources = sourcesOf(TAKEN_OVER);
  expect(steps(15, sources, payment)).toEqual([
    ['kafka', 5],
    ['folded', 30],
    ['written', 38],
    ['compared', 60],
    ['covered', 80],
  ]);
  expect(lifeOf({ partition: 0, offset: 15 }, undefined, sources).writtenByEpoch).toBe(1);
});

test('what was folded and never arrived is written by who comes after', () => {
  const sources = sourcesOf(TAKEN_OVER);
  expect(steps(25, sources, payment)).toEqual([
    ['kafka', 5],
    ['lost', 40],
    ['folded', 60],
    ['written', 70],
    ['covered', 80],
  ]);
  expect(lifeOf({ partition: 0, offset: 25 }, undefined, sources).writtenByEpoch).toBe(2);
});

test('the state may be brought up from below the checkpoint without writing', () => {
  const sources = sourcesOf([
    [1, 'alpha', positioned(3, 50, 50)],
    [2, 'alpha', folded(20, 50)],
    [3, 'alpha', folded(10, 60)],
  ]);
  expect(steps(40, sources)).toContainEqual(['compared', 2]);
});

test('a duplicate is written to the exceptions, and waits for their rows', () => {
  const sources = sourcesOf([
    [1, 'alpha', positioned(1, 0, 0)],
    [2, 'alpha', folded(10, 10, 8)],
    [3, 'alpha', acknowledged(8)],
    [9, 'alpha', acknowledged(2, 'payment_exceptions')],
  ]);
  expect(steps(4, sources, { expected: 'duplicate' })).toContainEqual(['written', 9]);
});

test('a record that nothing covers is shown as missing, and so is one of a partition nobody had', () => {
  const sources = sourcesOf([
    [1, 'alpha', positioned(1, 0, 0)],
    [2, 'alpha', folded(10, 10)],
  ]);
  expect(steps(4, sources).at(-1)).toEqual(['missing', null]);
  const elsewhere = lifeOf({ partition: 7, offset: 1 }, undefined, sources);
  expect(elsewhere.steps.map(({ kind }) => kind)).toEqual(['missing']);
  expect(elsewhere.writtenByEpoch).toBeNull();
});
