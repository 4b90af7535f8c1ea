/** When a checkpoint is written, what it says, and what follows it. */
import { expect, it } from 'vitest';
import { PartitionFold } from '../../payments/fold.ts';
import { emptyOutput, event, PLACE, record, settings } from '../../payments/testing/fold-fixture.ts';
import type { ProcessorEvent } from '../events.ts';
import type { Checkpoint } from '../ports.ts';
import { Checkpointer, type CheckpointerOptions } from './checkpointer.ts';

const OWNERSHIP = { topic: 't', partition: PLACE.partition, owner: 'me', epoch: 3, fixed: PLACE.fixed };

function setUp(over: Partial<CheckpointerOptions> = {}) {
  const done: string[] = [];
  const written: Checkpoint[] = [];
  const events: ProcessorEvent[] = [];
  const fold = PartitionFold.fresh({ ...PLACE, startOffset: 0 });
  const durable = Promise.withResolvers<void>();
  const options = {
    won: { ownership: OWNERSHIP },
    fold,
    runtime: { nowMs: () => 9, monotonicMs: () => 0 },
    log: { commit: async (_: number, nextOffset: number) => void done.push(`commit ${nextOffset}`) },
    writer: {
      beginCheckpoint: () => {
        done.push('begin');
        return async (checkpoint: Checkpoint) => {
          done.push(`write ${checkpoint.nextOffset}`);
          written.push(checkpoint);
        };
      },
    },
    state: { save: async () => void done.push('save') },
    observer: { emit: (one: ProcessorEvent) => void events.push(one) },
    notBelow: 0,
    wentOnFrom: 0,
    lastOffset: 0,
    inTurn: async <T>(work: () => T) => work(),
    flush: () => void done.push('flush'),
    fingerprint: () => 'last',
    newestRecordMs: () => 4,
    durable: () => durable.promise,
    ...over,
  } as unknown as CheckpointerOptions;
  const foldTo = (end: number): void => {
    for (let offset = fold.nextOffset; offset < end; offset++)
      fold.fold(record(offset, event({ transaction_id: `txn-${offset}` }, offset)), settings(), emptyOutput());
  };
  return { checkpointer: new Checkpointer(options), done, written, events, foldTo, acknowledge: durable.resolve };
}

it('says what was folded at the moment it was begun, and is written once all of that is acknowledged', async () => {
  const { checkpointer, done, written, foldTo, acknowledge } = setUp({ wentOnFrom: 1 });
  foldTo(5);
  const checkpoint = checkpointer.checkpoint();
  await new Promise((resolve) => setImmediate(resolve));
  expect(done).toEqual(['flush', 'begin']);
  foldTo(8);
  acknowledge();
  await checkpoint;
  expect(done.slice(0, 3)).toEqual(['flush', 'begin', 'write 5']);
  expect(written[0]).toMatchObject({
    writerEpoch: 3,
    nextOffset: 5,
    counters: { consumed: 5 },
    recordFingerprint: 'last',
    of: { partition: PLACE.partition, epoch: 3, nextOffset: 5, wentOnFrom: 1, fixed: PLACE.fixed },
  });
  expect(checkpointer.lastOffset).toBe(5);
});

it('is followed by the group offset and the local state', async () => {
  const { checkpointer, done, events, foldTo, acknowledge } = setUp();
  foldTo(5);
  acknowledge();
  await checkpointer.checkpoint();
  expect(done.slice(2).sort()).toEqual(['commit 5', 'save', 'write 5']);
  expect(done[2]).toBe('write 5');
  expect(events.map(({ type }) => type)).toEqual(['checkpoint.written', 'offset.committed']);
});

it('is left out below F, and where nothing is new', async () => {
  const { checkpointer, done, foldTo, acknowledge } = setUp({ notBelow: 6 });
  acknowledge();
  foldTo(5);
  await checkpointer.checkpoint();
  expect(done).toEqual([]);
  foldTo(6);
  await checkpointer.checkpoint();
  await checkpointer.checkpoint();
  expect(done.filter((each) => each.startsWith('write'))).toEqual(['write 6']);
});

it('fails with the rows that it waits for, and then nothing follows', async () => {
  const { checkpointer, done, foldTo } = setUp({ durable: () => Promise.reject(new Error('fenced')) });
  foldTo(5);
  await expect(checkpointer.checkpoint()).rejects.toThrow('fenced');
  expect(done).toEqual(['flush', 'begin']);
  expect(checkpointer.lastOffset).toBe(0);
});

it('stands although its group offset could not be committed: that is advice', async () => {
  const { checkpointer, events, foldTo, acknowledge } = setUp({
    log: { commit: () => Promise.reject(new Error('no coordinator')) } as unknown as CheckpointerOptions['log'],
  });
  foldTo(5);
  acknowledge();
  await checkpointer.checkpoint();
  expect(events.at(-1)).toMatchObject({ type: 'offset.commit_failed', error: 'no coordinator' });
});
