/** One row for what is remembered of a payment as an id and as activity, which are given and die apart. */
import { describe, expect, it } from 'vitest';
import { KNOWN_INDEX_KEY } from '../../base/memory/slot-hash.ts';
import { TextKey } from '../../base/memory/text-key.ts';
import { SenderActivity } from './activity.ts';
import { KnownIds } from './known-ids.ts';
import { MINUTE_MS } from './liveness.ts';
import { PaymentRows } from './payment-rows.ts';

const keyOf = (text: string): TextKey => new TextKey().setText(text);
const SENDER = keyOf('acct-1');
const DEVICE = keyOf('dev-1');

function tables() {
  const rows = new PaymentRows();
  const ids = new KnownIds(rows, KNOWN_INDEX_KEY);
  const activity = new SenderActivity(300_000, rows, KNOWN_INDEX_KEY);
  const putId = (offset: number, timeMs = offset) => ids.put(keyOf(`t${offset}`), offset, timeMs, 1, 2);
  const addActivity = (offset: number, row?: number, timeMs = offset) =>
    activity.add(SENDER, DEVICE, offset, timeMs, 1, 2, row);
  const held = () => [[...ids.entries()].map(({ offset }) => offset), [...activity.entries()].map((one) => one.offset)];
  return { rows, ids, activity, putId, addActivity, held };
}

const COUNT = 10_000;

/** Memory of rows where each payment is remembered by `remember`, in turn. */
function bytesAfter(remember: (all: ReturnType<typeof tables>) => void): number {
  const all = tables();
  remember(all);
  const offsets = Array.from({ length: COUNT }, (_, offset) => offset);
  expect(all.held().map((of) => of.toSorted((a, b) => a - b))).toEqual([offsets, offsets]);
  return all.rows.byteLength;
}

describe('a payment as an id and as activity', () => {
  const together = bytesAfter(({ putId, addActivity }) => {
    for (let offset = 0; offset < COUNT; offset += 1) addActivity(offset, putId(offset));
  });

  it('takes one row, 32 bytes and those of its id, also when a store gives back one part after the other', () => {
    expect(together / COUNT).toBeLessThan(1.3 * (32 + 12));
    const oneAfterTheOther = bytesAfter(({ putId, addActivity }) => {
      for (let offset = 0; offset < COUNT; offset += 1) putId(offset);
      for (let offset = 0; offset < COUNT; offset += 1) addActivity(offset);
    });
    expect(oneAfterTheOther).toBe(together);
  });

  it('has two rows, and is as right, where the parts come in other orders', () => {
    const backwards = bytesAfter(({ putId, addActivity }) => {
      for (let offset = 0; offset < COUNT; offset += 1) putId(offset);
      for (let offset = COUNT - 1; offset >= 0; offset -= 1) addActivity(offset);
    });
    expect(backwards).toBeGreaterThan(together);
  });

  it('gives back the texts of ids that are dead, while their activity lives', () => {
    const { rows, ids, putId, addActivity, held } = tables();
    for (let offset = 0; offset < COUNT; offset += 1) addActivity(offset, putId(offset, 0), 0);
    const before = rows.byteLength;
    ids.evictBelow(MINUTE_MS);
    expect(held().map(({ length }) => length)).toEqual([0, COUNT]);
    expect(before - rows.byteLength).toBeGreaterThan(5 * COUNT);
  });

  it('passes by ids that have no activity', () => {
    const { rows, putId, addActivity, held } = tables();
    for (let offset = 0; offset < 100; offset += 1) putId(offset);
    const before = rows.byteLength;
    for (let offset = 0; offset < 100; offset += 3) addActivity(offset);
    expect(rows.byteLength).toBe(before);
    expect(held()[1]).toEqual(Array.from({ length: 34 }, (_, index) => 3 * index));
  });

  it('is not taken for one of another partition at the same offset', () => {
    const { ids, activity, addActivity } = tables();
    ids.put(keyOf('theirs'), 7, 7, 1, 3);
    addActivity(7);
    expect([...ids.entries()].map(({ hashLow }) => hashLow)).toEqual([3]);
    expect([...activity.entries()].map(({ hashLow }) => hashLow)).toEqual([2]);
  });

  it.each([
    ['the id', (all: ReturnType<typeof tables>) => all.ids, (all: ReturnType<typeof tables>) => all.activity],
    ['the activity', (all: ReturnType<typeof tables>) => all.activity, (all: ReturnType<typeof tables>) => all.ids],
  ])('keeps the other part when %s dies, and its memory goes with the last', (name, first, second) => {
    const all = tables();
    for (let offset = 0; offset < 1_000; offset += 1) all.addActivity(offset, all.putId(offset));
    first(all).evictBelow(MINUTE_MS);
    const left = name === 'the id' ? [0, 1_000] : [1_000, 0];
    expect(all.held().map((of) => of.length)).toEqual(left);
    expect([all.ids.size, all.activity.size]).toEqual(left);
    expect(all.rows.byteLength).toBeGreaterThan(0);
    second(all).evictBelow(MINUTE_MS);
    expect([all.held(), all.rows.byteLength]).toEqual([[[], []], 0]);
  });

  it('lies at the offset it had, on both sides of four thousand million', () => {
    const { putId, addActivity, held } = tables();
    const offsets = [2 ** 32 - 1, 2 ** 32, 2 ** 32 + 1, 2 ** 52];
    for (const offset of offsets) addActivity(offset, putId(offset, 5), 5);
    expect(held()).toEqual([offsets, offsets]);
  });
});
