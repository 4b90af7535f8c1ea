import { expect, test } from 'vitest';
import type { ProcessorEvent } from '../../processor/events.ts';
import { FaultTriggers } from './fault-triggers.ts';

const NEVER = new AbortController().signal;
const asleep = { sleep: () => new Promise<void>(() => {}) };
const ofType = (type: string, members: object = {}) => ({ type, ...members }) as ProcessorEvent;

async function isReached(moment: Promise<void>): Promise<boolean> {
  return Promise.race([moment.then(() => true), new Promise<false>((resolve) => setImmediate(resolve, false))]);
}

test('the n-th event of a type, of any processor, counted from the asking on', async () => {
  const triggers = new FaultTriggers(asleep, () => 0);
  triggers.onEvent('alpha', ofType('checkpoint.written'));
  const moment = triggers.reached({ event: 'checkpoint.written', nth: 2 }, NEVER);
  triggers.onEvent('alpha', ofType('checkpoint.written'));
  triggers.onEvent('alpha', ofType('batch.folded', { records: 1 }));
  expect(await isReached(moment)).toBe(false);
  triggers.onEvent('beta', ofType('checkpoint.written'));
  expect(await isReached(moment)).toBe(true);
});

test('an event of one processor alone', async () => {
  const triggers = new FaultTriggers(asleep, () => 0);
  const moment = triggers.reached({ event: 'takeover.running', process: 'beta' }, NEVER);
  triggers.onEvent('alpha', ofType('takeover.running'));
  expect(await isReached(moment)).toBe(false);
  triggers.onEvent('beta', ofType('takeover.running'));
  expect(await isReached(moment)).toBe(true);
});

test('a number of records acknowledged', async () => {
  let acknowledged = 0;
  const looks: (() => void)[] = [];
  const sleep = (): Promise<void> => new Promise((wake) => void looks.push(wake));
  const moment = new FaultTriggers({ sleep }, () => acknowledged).reached({ acknowledged: 10 }, NEVER);
  acknowledged = 10;
  expect(await isReached(moment)).toBe(false);
  looks[0]!();
  expect(await isReached(moment)).toBe(true);
});

test('a number of records folded, those folded before the asking included', async () => {
  const looks: (() => void)[] = [];
  const sleep = (): Promise<void> => new Promise((wake) => void looks.push(wake));
  const triggers = new FaultTriggers({ sleep }, () => 0);
  triggers.onEvent('alpha', ofType('batch.folded', { records: 4 }));
  const moment = triggers.reached({ records: 7 }, NEVER);
  triggers.onEvent('beta', ofType('batch.folded', { records: 2 }));
  looks[0]!();
  expect(await isReached(moment)).toBe(false);
  triggers.onEvent('alpha', ofType('batch.folded', { records: 1 }));
  looks[1]!();
  expect(await isReached(moment)).toBe(true);
});

test('a story that ends takes its moments with it', async () => {
  const over = new AbortController();
  const moment = new FaultTriggers(asleep, () => 0).reached({ event: 'x' }, over.signal);
  over.abort(new Error('over'));
  await expect(moment).rejects.toThrow('over');
});
