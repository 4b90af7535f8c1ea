/** How often a running process looks at its tables. */
import { expect, it } from 'vitest';
import { ScriptedDataset } from './testing/scripted-dataset.ts';

it('a look that found everything in place counts for as long as the caller allows, and no longer', async () => {
  const service = await ScriptedDataset.whole();
  const { inspector } = service.parts();
  expect(await inspector.wrongTables(60_000)).toBeUndefined();
  service.tables.delete('payment_transactions');
  expect(await inspector.wrongTables(1)).toBeUndefined();
  // Three looks, which take 800 ms: then the first one is older than that.
  await expect(inspector.wrongTables()).resolves.toMatchObject({ code: 'table_missing' });
  await expect(inspector.wrongTables(800)).resolves.toMatchObject({ code: 'table_missing' });
});

it('a look that found something wrong does not count for the next one', async () => {
  const service = await ScriptedDataset.whole();
  const { inspector } = service.parts();
  const lost = service.tables.get('payment_transactions')!;
  service.tables.delete('payment_transactions');
  await expect(inspector.wrongTables(60_000)).resolves.toMatchObject({ code: 'table_missing' });
  service.tables.set('payment_transactions', lost);
  expect(await inspector.wrongTables(60_000)).toBeUndefined();
});

it('those that ask at the same time share a look', async () => {
  const service = await ScriptedDataset.whole();
  const { inspector } = service.parts();
  const [one, other] = [inspector.wrongTables(), inspector.wrongTables()];
  expect(other).toBe(one);
  expect(await one).toBeUndefined();
  expect(inspector.wrongTables()).not.toBe(one);
});
