import { expect, test } from 'vitest';
import type { ProcessorEvent } from '../../processor/events.ts';
import { LaneMaker } from './lanes.ts';
import { unpackColumn } from './model/columns.ts';
import type { Lane, LifeFacts } from './model/page-data.ts';

const LIFE: LifeFacts = {
  processor: 'alpha',
  life: 1,
  pid: 1,
  fromMs: 0,
  toMs: 900,
  ending: 'ended by SIGKILL',
  endedBadly: true,
  pauses: [{ fromMs: 300, toMs: 400 }],
};
type Said = readonly [atMs: number, event: ProcessorEvent, processor?: string];

function lanesOf(said: readonly Said[], lives: readonly LifeFacts[] = [LIFE]): Lane[] {
  const maker = new LaneMaker(1_000, 100, 10);
  for (const [atMs, event, processor = 'alpha'] of said) maker.take({ atMs: 1_000 + atMs, processor, life: 1, event });
  return maker.lanes(lives);
}

const claimed = (epoch: number): ProcessorEvent => ({ type: 'takeover.claimed', partition: 0, epoch, attempts: 1 });
const running = (epoch: number, tookMs: number): ProcessorEvent => ({
  type: 'takeover.running',
  partition: 0,
  epoch,
  tookMs,
  counters: { consumed: 0, accepted: 0, duplicates: 0, late: 0, rejected: 0 },
});
const fenced = (epoch: number): ProcessorEvent => ({
  type: 'partition.fenced',
  partition: 0,
  epoch,
  why: 'FINALIZED',
  retryInMs: 5,
});
const spansOf = (lane: Lane | undefined) =>
  lane?.spans.map(({ kind, fromMs, toMs, epoch }) => [kind, fromMs, toMs, epoch]);

test('a processor has a lane, and one for each partition that it had to do with', () => {
  const lanes = lanesOf([[10, claimed(1)]]);
  expect(lanes.map(({ processor, partition }) => [processor, partition])).toEqual([
    ['alpha', null],
    ['alpha', 0],
  ]);
  expect(spansOf(lanes[0])).toEqual([
    ['alive', 0, 900, null],
    ['paused', 300, 400, null],
  ]);
  expect(lanes[0]!.marks).toEqual([{ kind: 'ended', atMs: 900, text: 'ended by SIGKILL' }]);
});

test('a takeover starts when it was begun, and ownership ends with the life of its process', () => {
  const [, lane] = lanesOf([
    [200, claimed(4)],
    [260, running(4, 150)],
  ]);
  expect(spansOf(lane)).toEqual([
    ['takeover', 110, 260, 4],
    ['owned', 260, 900, 4],
  ]);
});

test('ownership ends when it is fenced out, given up, stopped, or taken away by the group', () => {
  const endings: ProcessorEvent[] = [
    fenced(1),
    { type: 'partition.released', partition: 0, epoch: 1, drained: true },
    { type: 'partition.stopped', partition: 0, code: 'log_gap', error: 'a gap' },
    { type: 'assignment.changed', partitions: [], gained: [], lost: [0] },
  ];
  for (const ending of endings) {
    const [, lane] = lanesOf([
      [100, running(1, 50)],
      [500, ending],
    ]);
    expect(spansOf(lane)?.at(-1), ending.type).toEqual(['owned', 100, 500, 1]);
  }
});

test('who was replaced and does not know it is shown as that from the claim of the next epoch on', () => {
  const lanes = lanesOf([
    [100, running(1, 50)],
    [400, claimed(2), 'beta'],
    [700, fenced(1)],
  ]);
  expect(spansOf(lanes[1])).toEqual([
    ['takeover', 50, 100, 1],
    ['owned', 100, 400, 1],
    ['deposed', 400, 700, 1],
  ]);
  expect(lanes[1]!.marks.map(({ kind, atMs }) => [kind, atMs])).toEqual([['fenced', 700]]);
});

test('records are counted per bin, the last bin taking what comes late', () => {
  const counters = { consumed: 1, accepted: 1, duplicates: 0, late: 0, rejected: 0 };
  const folded = (records: number): ProcessorEvent => ({
    type: 'batch.folded',
    partition: 0,
    records,
    bytes: 1,
    counters,
    watermarkMs: 0,
    nextOffset: records,
    endOffset: records,
  });
  const [, lane] = lanesOf([
    [5, folded(3)],
    [99, folded(4)],
    [5_000, folded(9)],
  ]);
  expect(unpackColumn(lane!.folded)).toEqual([7, 0, 0, 0, 0, 0, 0, 0, 0, 9]);
});
