import { describe, expect, test } from 'vitest';
import type { ProcessorEvent } from '../processor/events.ts';
import { eventText, rangesText } from './event-text.ts';
import { logObserver } from './log-observer.ts';
import { createLogger } from './logger.ts';

type Progress = Extract<ProcessorEvent, { type: 'processor.progress' }>;

const progress: Progress = {
  type: 'processor.progress',
  overMs: 30_000,
  records: 120,
  accepted: 100,
  duplicates: 12,
  late: 5,
  rejected: 3,
  lag: 7,
  partitions: [0, 1, 2, 5],
  takingOver: [],
  stopped: [],
  assigned: true,
};
const none = { records: 0, accepted: 0, duplicates: 0, late: 0, rejected: 0, lag: 0, partitions: [] };
const waiting = {
  type: 'service.waiting',
  service: 'kafka',
  what: 'fetch',
  waitedMs: 95_000,
  limitMs: 900_000,
  error: 'refused',
} as const;
const fenced = { type: 'partition.fenced', partition: 3, epoch: 4, why: 'finalized', retryInMs: 1_500 } as const;

describe('waits', () => {
  test.each<[ProcessorEvent, string]>([
    [waiting, 'waiting for kafka (fetch) for 1 min 35 s of at most 15 min: refused'],
    [{ type: 'service.recovered', service: 'kafka', waitedMs: 4_000 }, 'kafka answers again after 4 s'],
    [
      {
        type: 'takeover.counts_differ',
        partition: 1,
        table: 't',
        promised: 5,
        found: 3,
        waitedMs: 50,
        limitMs: 60_000,
      },
      'partition 1: t must have 5 rows past the checkpoint and shows 3: waiting for 50 ms of at most 1 min',
    ],
  ])('%o', (event, text) => {
    expect(eventText(event)).toBe(text);
  });
});

describe('a partition that was lost', () => {
  test('says who has it now', () => {
    expect(eventText({ ...fenced, newOwner: 'host-7', newEpoch: 5 })).toBe(
      'partition 3: lost at epoch 4: finalized. host-7 has it now, at epoch 5. Asking for it again in 2 s',
    );
  });

  test('says nothing of that where it is not known', () => {
    expect(eventText(fenced)).toBe('partition 3: lost at epoch 4: finalized. Asking for it again in 2 s');
  });
});

describe('progress', () => {
  test.each<[string, Partial<Progress>, string]>([
    [
      'with partitions',
      {},
      'last 30 s: 120 records (100 accepted, 12 duplicate, 5 late, 3 rejected), 7 behind; writing partitions 0 to 2, 5',
    ],
    [
      'with some that do not run',
      { takingOver: [3], stopped: [4, 6] },
      'last 30 s: 120 records (100 accepted, 12 duplicate, 5 late, 3 rejected), 7 behind; writing partitions 0 to 2, 5; ' +
        'taking over 3; stopped 4, 6',
    ],
    ['as a spare', none, 'last 30 s: no partition is assigned to this process: others have them all'],
    [
      'before the first assignment',
      { ...none, assigned: false },
      'last 30 s: no assignment yet: the group has not answered',
    ],
    ['while it takes over', { ...none, takingOver: [1] }, 'last 30 s: no partition is written here; taking over 1'],
    [
      'after it lost what it had',
      { partitions: [] },
      'last 30 s: 120 records (100 accepted, 12 duplicate, 5 late, 3 rejected); no partition is assigned to this process: ' +
        'others have them all',
    ],
  ])('%s', (_, some, text) => {
    expect(eventText({ ...progress, ...some })).toBe(text);
  });

  test('many partitions are ranges', () => {
    expect(rangesText([0, 1, 2, 3, 5, 7, 8, 10, 11, 12])).toBe('0 to 3, 5, 7, 8, 10 to 12');
  });
});

describe('a log line', () => {
  function lineOf(event: ProcessorEvent, format: 'json' | 'pretty'): string {
    const lines: string[] = [];
    const destination = { write: (text: string) => void lines.push(text) };
    const logger = createLogger({ level: 'info', format, base: { owner: 'me' }, destination, nowMs: () => 0 });
    logObserver(logger).emit(event);
    return lines.join('');
  }

  test('has the words beside the fields in JSON', () => {
    expect(JSON.parse(lineOf(waiting, 'json'))).toMatchObject({
      event: 'service.waiting',
      text: 'waiting for kafka (fetch) for 1 min 35 s of at most 15 min: refused',
      waitedMs: 95_000,
      limitMs: 900_000,
    });
  });

  test('has them, and not the fields that they were made of, for people', () => {
    expect(lineOf(progress, 'pretty')).toMatch(
      /INFO: processor\.progress: last 30 s: 120 records .* \{"owner":"me"\}\n$/,
    );
  });

  test.each<ProcessorEvent>([
    { type: 'processor.started', topic: 't', partitionCount: 1 },
    { type: 'takeover.lost_claim', partition: 0, expectedEpoch: 1, winner: 'other' },
    { ...fenced, newOwner: 'other', newEpoch: 5 },
    waiting,
    progress,
  ])('has no name twice: $type', (event) => {
    const names = [...lineOf(event, 'json').matchAll(/[{,]"(\w+)":/g)].map(([, name]) => name);
    expect(names.length).toBeGreaterThan(4);
    expect(new Set(names).size).toBe(names.length);
    expect(JSON.parse(lineOf(event, 'json'))).toMatchObject({ owner: 'me' });
  });
});
