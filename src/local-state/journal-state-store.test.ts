import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { JournalStateStore, stateDirectory } from './journal-state-store.ts';
import { delta, emptyState, plain } from './testing/state-samples.ts';
import { type StoreUnderTest, stateStoreSuite } from './testing/state-store-suite.ts';

function openAt(location: string): StoreUnderTest {
  const discards: { partition: number; why: string }[] = [];
  const store = new JournalStateStore({
    location,
    topic: 'payment-events',
    onDiscard: (partition, why) => discards.push({ partition, why }),
    onProblem: (_partition, problem) => {
      throw new Error(problem);
    },
  });
  return {
    store,
    discards,
    async reopen() {
      await store.close();
      return openAt(location);
    },
    async dispose() {
      await store.close();
      rmSync(location, { recursive: true, force: true });
    },
  };
}

stateStoreSuite('journal', async () => openAt(mkdtempSync(join(tmpdir(), 'state-store-'))));

test('a location that cannot be written to turns the cache off, said once, and works again later', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'state-store-'));
  const location = join(directory, 'checkpoint');
  writeFileSync(location, 'a file where the directory should be');
  const problems: string[] = [];
  const store = new JournalStateStore({
    location,
    topic: 'payment-events',
    onDiscard: () => {},
    onProblem: (partition, problem) => problems.push(`${partition}: ${problem}`),
  });
  expect(await store.load(0)).toBeUndefined();
  await store.replace(0, emptyState());
  await store.save(0, delta(0, 5));
  expect(problems).toHaveLength(1);
  expect(problems[0]).toContain('0: The state of partition 0');
  expect(problems[0]).toContain('Check space and permissions of CHECKPOINT_LOCATION');
  rmSync(location);
  await store.replace(0, emptyState());
  await store.save(0, delta(0, 5));
  expect(plain(await store.load(0))!.ids).toHaveLength(5);
  rmSync(location, { recursive: true });
  await store.save(0, delta(5, 6));
  await store.save(0, delta(6, 7));
  expect(problems).toHaveLength(2);
  expect(problems[1]).toContain('was removed while it was in use');
  await store.close();
  rmSync(directory, { recursive: true });
});

test('the state of a partition lies where the documented du looks', () => {
  expect(stateDirectory('/checkpoint')).toBe('/checkpoint/payment_transactions_raw/state');
});
