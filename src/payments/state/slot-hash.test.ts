/** Texts that an attacker chose by the hash that everybody can compute, in each index that they get into. */
import { describe, expect, it } from 'vitest';
import { drawIndexKey, type IndexKey } from '../../base/memory/slot-hash.ts';
import { SlotTable } from '../../base/memory/slot-table.ts';
import { TextKey } from '../../base/memory/text-key.ts';
import { TextPool } from '../../base/memory/text-pool.ts';
import { OpenWindows } from '../windows.ts';
import { KnownIds } from './known-ids.ts';
import { PaymentRows } from './payment-rows.ts';

const CHOSEN = 400;
/** An index of 400 texts has 512 slots; ids go into one of 64 by the upper bits. */
const SAME_LOWER_BITS = 0x1ff;
const SAME_UPPER_BITS = 0x3f << 26;
const KEY = drawIndexKey(() => 0.371);
const OTHER_KEY = drawIndexKey(() => 0.618);

/** Texts whose hash in a TextKey has zeros in all of these bits. */
function chosenTexts(prefix: string, bits: number): string[] {
  const key = new TextKey();
  const found: string[] = [];
  for (let n = 0; found.length < CHOSEN; n += 1) {
    const text = `${prefix}${n.toString(36).padStart(8, '0')}`;
    if ((key.setText(text).low & bits) === 0) found.push(text);
  }
  return found;
}

const IDS = chosenTexts('txn-', SAME_LOWER_BITS | SAME_UPPER_BITS);
const TEXTS = chosenTexts('acct-', SAME_LOWER_BITS);

/** Slots that the longest look walks over, were the hash that everybody knows used. */
function walkByKnownHash(texts: readonly string[]): number {
  const table = new SlotTable();
  const key = new TextKey();
  texts.forEach((text, index) => {
    table.add(key.setText(text).low, index);
  });
  return table.longestWalk;
}

function walkOfIds(ids: readonly string[], indexKey: IndexKey): number {
  const known = new KnownIds(new PaymentRows(), indexKey);
  const key = new TextKey();
  for (const [index, id] of ids.entries()) known.put(key.setText(id), index, index, 1, 2);
  expect(known.size).toBe(ids.length);
  return known.longestWalk;
}

describe('chosen texts', () => {
  it('would fill an index in one run by the hash that is in digests', () => {
    expect([walkByKnownHash(IDS), walkByKnownHash(TEXTS)]).toEqual([CHOSEN, CHOSEN]);
  });

  it('cost no more than any others as ids', () => {
    const others = Array.from({ length: CHOSEN }, (_, n) => `other-${n}`);
    expect(Math.max(walkOfIds(IDS, KEY), walkOfIds(IDS, OTHER_KEY), walkOfIds(others, KEY))).toBeLessThan(32);
  });

  it('as senders and devices', () => {
    const pool = new TextPool(KEY);
    const key = new TextKey();
    for (const text of TEXTS) pool.use(key.setText(text));
    expect([pool.size, pool.longestWalk < 60]).toEqual([CHOSEN, true]);
  });

  it('and as regions of open windows', () => {
    const windows = new OpenWindows(60_000, KEY);
    const [region, currency] = [new TextKey(), new TextKey().setText('EUR')];
    for (const text of TEXTS) windows.add(0, region.setText(text), currency, 1);
    expect([windows.size, windows.longestWalk < 60]).toEqual([CHOSEN, true]);
  });
});
