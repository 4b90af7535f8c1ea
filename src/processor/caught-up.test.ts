import { expect, test } from 'vitest';
import { ContradictionError } from '../base/errors.ts';
import { DEFAULT_DECISION_SETTINGS } from '../payments/settings.ts';
import { caughtUp, notInForceText, withOlderSettings } from './caught-up.ts';
import type { Checkpoint, LogSource, Ownership } from './ports.ts';

const TOPIC = 'payments';

function ask(checkpoint: number | undefined, target: number, endOffset = target) {
  const open = new Map([[0, target]]);
  const queries = {
    latestCheckpoint: async () => (checkpoint === undefined ? undefined : ({ nextOffset: checkpoint } as Checkpoint)),
  };
  const log: Pick<LogSource, 'bounds'> = { bounds: async () => ({ startOffset: 0, endOffset }) };
  return caughtUp(TOPIC, open, new Map(), queries, log, new Map([[0, 0]]));
}

test('what the topic held at the start is done when a checkpoint of any process is at or past it', async () => {
  expect(await ask(99, 100)).toBe('some');
  expect(await ask(100, 100)).toBe('all');
  expect(await ask(130, 100, 140)).toBe('all');
});

test('a partition without a checkpoint stands at its start offset', async () => {
  expect(await ask(undefined, 1)).toBe('some');
  expect(await ask(undefined, 0)).toBe('all');
});

test('where none but partitions that are stopped here are left, it ends with what stopped them', async () => {
  const error = new ContradictionError('rows_differ', 'a row is another one');
  const open = new Map([
    [0, 100],
    [1, 100],
  ]);
  const stopped = { checkpointedOffset: undefined, error };
  const checkpoints = new Map([
    [0, 40],
    [1, 60],
  ]);
  const queries = {
    latestCheckpoint: async (_: string, partition: number) =>
      ({ nextOffset: checkpoints.get(partition) }) as Checkpoint,
  };
  const log: Pick<LogSource, 'bounds'> = { bounds: async () => ({ startOffset: 0, endOffset: 100 }) };
  const supervisors = new Map([[0, stopped]]) as unknown as Parameters<typeof caughtUp>[2];
  const outcome = () => caughtUp(TOPIC, open, supervisors, queries, log, new Map());
  expect(await outcome()).toBe('some');
  checkpoints.set(1, 100);
  expect(await outcome()).toBe(error);
  checkpoints.set(0, 100);
  expect(await outcome()).toBe('all');
});

test('a log that ends below the checkpoint is not caught up with: it was truncated or made again', async () => {
  expect(await ask(100, 0)).toBe('some');
  expect(await ask(100, 40, 99)).toBe('some');
});

test('partitions of a lower revision are those that did not take our settings yet, and they are named', () => {
  const decision = DEFAULT_DECISION_SETTINGS;
  const rows = [0, 3, 2].map((revision, partition) => ({
    partition,
    history: [{ fromOffset: 0, foldVersion: 2, decision, revision }],
  })) as unknown as Ownership[];
  const wanted = { revision: 3, decision };
  expect([...withOlderSettings(rows, wanted)]).toEqual([0, 2]);
  expect(notInForceText(withOlderSettings(rows, wanted), wanted)).toMatch(/revision 3 .* in partitions 0, 2, which/);
  expect(notInForceText(withOlderSettings(rows, { revision: 0, decision }), wanted)).toBeUndefined();
});
