/** Small runs, so that the benchmarks keep running; what they say is for `npm run bench` to tell. */
import { expect, it } from 'vitest';
import { foldOnce, recordsOf } from './fold.ts';
import { spreadOf, spreadText } from './spread.ts';
import { measureState } from './state.ts';

it('the fold benchmark folds and encodes what the simulator sends', () => {
  const records = recordsOf({ events: 2_000, accounts: 50 });
  const { accepted, encodedBytes, perSecond } = foldOnce(records, { batch: 500 });
  expect(records.length).toBe(2_000);
  expect(accepted).toBeGreaterThan(1_000);
  expect(encodedBytes).toBeGreaterThan(accepted * 200);
  expect(perSecond).toBeGreaterThan(0);
});

it('the state benchmark measures memory, disk and speed of a state', async () => {
  const said: string[] = [];
  const sizes = { ids: [3_000, 6_000], paymentsPerAccount: 20, timedEvents: 1_000 };
  const { measures, smallUs, diskBytesPerId } = await measureState(sizes, (text) => said.push(text));
  expect(measures.map(({ ids }) => ids)).toEqual(sizes.ids);
  for (const { reckonedBytesPerId } of measures) expect(reckonedBytesPerId).toBeGreaterThan(30);
  expect(Math.min(smallUs, diskBytesPerId)).toBeGreaterThan(0);
  expect(said.length).toBe(2);
});

it('a spread is told by its ends and its median', () => {
  expect(spreadText(spreadOf([3_000, 1_000, 2_000]))).toBe('1,000 to 3,000, median 2,000');
});
