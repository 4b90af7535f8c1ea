import { expect, test } from 'vitest';
import { Moments } from './fault-triggers.ts';

const NEVER = new AbortController().signal;
const asleep = { sleep: () => new Promise<void>(() => {}) };

async function isReached(moment: Promise<void>): Promise<boolean> {
  return Promise.race([moment.then(() => true), new Promise<false>((resolve) => setImmediate(resolve, false))]);
}

test('the n-th event of a type, of any processor, counted from the asking on', async () => {
  const moments = new Moments(asleep, () => 0);
  moments.onEvent('alpha', 'checkpoint.written');
  const moment = moments.reached({ event: 'checkpoint.written', nth: 2 }, NEVER);
  moments.onEvent('alpha', 'checkpoint.written');
  moments.onEvent('alpha', 'batch.folded');
  expect(await isReached(moment)).toBe(false);
  moments.onEvent('beta', 'checkpoint.written');
  expect(await isReached(moment)).toBe(true);
});

test('an event of one processor alone', async () => {
  const moments = new Moments(asleep, () => 0);
  const moment = moments.reached({ event: 'takeover.running', processor: 'beta' }, NEVER);
  moments.onEvent('alpha', 'takeover.running');
  expect(await isReached(moment)).toBe(false);
  moments.onEvent('beta', 'takeover.running');
  expect(await isReached(moment)).toBe(true);
});

test('so many records acknowledged', async () => {
  let acknowledged = 0;
  const looks: (() => void)[] = [];
  const moments = new Moments({ sleep: () => new Promise((wake) => void looks.push(wake)) }, () => acknowledged);
  const moment = moments.reached({ acknowledged: 10 }, NEVER);
  acknowledged = 10;
  expect(await isReached(moment)).toBe(false);
  looks[0]!();
  expect(await isReached(moment)).toBe(true);
});

test('a story that ends takes its moments with it', async () => {
  const over = new AbortController();
  const moment = new Moments(asleep, () => 0).reached({ event: 'x' }, over.signal);
  over.abort(new Error('over'));
  await expect(moment).rejects.toThrow('over');
});
