import { expect, it } from 'vitest';
import { familyOf, HEAD_KEY, segmentKey, windowName } from './keys.ts';

const WINDOW = { windowStartMs: 1_750_000_000_000, region: 'eu-west', currency: 'EUR' };

it('a key says what it stands for', () => {
  expect(familyOf(HEAD_KEY)).toBe('head');
  expect(familyOf(windowName(WINDOW))).toBe('windows');
  expect(familyOf(segmentKey('ids', 7))).toBe('ids');
  expect(familyOf(segmentKey('activity', 7))).toBe('activity');
});

it.each([
  ['of another family', Buffer.concat([Buffer.from('x'), windowName(WINDOW).subarray(1)])],
  ['of a window without a name', windowName(WINDOW).subarray(0, 7)],
  ['of a segment that is too long', Buffer.concat([segmentKey('ids', 7), Buffer.from([0])])],
  ['of nothing', Buffer.alloc(0)],
])('a key %s is none of this store', (_, key) => {
  expect(familyOf(key)).toBeUndefined();
});
