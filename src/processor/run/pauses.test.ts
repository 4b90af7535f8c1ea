import { expect, it } from 'vitest';
import { Pauses } from './pauses.ts';

it('a pause is due after every so-many-th batch, and only then', () => {
  const pauses = new Pauses(3);
  expect(Array.from({ length: 7 }, () => pauses.isDueAfterBatch())).toEqual([
    false,
    false,
    true,
    false,
    false,
    true,
    false,
  ]);
  const never = new Pauses(Number.MAX_SAFE_INTEGER);
  expect(Array.from({ length: 7 }, () => never.isDueAfterBatch())).not.toContain(true);
  expect(new Pauses(1).isDueAfterBatch()).toBe(true);
});
