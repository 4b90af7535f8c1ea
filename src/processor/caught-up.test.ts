import { expect, test } from 'vitest';
import { caughtUp } from './caught-up.ts';
import type { Checkpoint, LogSource, SinkQueries } from './ports.ts';

const TOPIC = 'payments';

function ask(checkpoint: number | undefined, target: number, endOffset = target) {
  const open = new Map([[0, target]]);
  const queries = {
    latestCheckpoint: async () => (checkpoint === undefined ? undefined : ({ nextOffset: checkpoint } as Checkpoint)),
  } as unknown as SinkQueries;
  const log: Pick<LogSource, 'bounds'> = { bounds: async () => ({ startOffset: 0, endOffset }) };
  return caughtUp(TOPIC, open, new Map(), queries, log, new Map([[0, 0]]));
}

test('what the topic held at the start is done when a checkpoint, whoever wrote it, is at or past it', async () => {
  expect(await ask(99, 100)).toBe('some');
  expect(await ask(100, 100)).toBe('all');
  expect(await ask(130, 100, 140)).toBe('all');
});

test('a partition without a checkpoint stands at its start offset', async () => {
  expect(await ask(undefined, 1)).toBe('some');
  expect(await ask(undefined, 0)).toBe('all');
});

test('a log that ends below the checkpoint is not caught up with: it was truncated or made again', async () => {
  expect(await ask(100, 0)).toBe('some');
  expect(await ask(100, 40, 99)).toBe('some');
});
