/** A large local state is added up a little at a time, and is what it would be at once. */
import { expect, it } from 'vitest';
import type { Runtime } from '../../base/runtime.ts';
import { Semaphore } from '../../base/semaphore.ts';
import { PartitionFold } from '../../payments/fold.ts';
import { DEFAULT_DECISION_SETTINGS } from '../../payments/settings.ts';
import { emptyOutput, event, PLACE, record, settings } from '../../payments/testing/fold-fixture.ts';
import type { StoredState } from '../../payments/types.ts';
import type { Ownership, StateStore } from '../ports.ts';
import { LocalReading } from './local-reading.ts';

const OWNERSHIP: Ownership = {
  topic: 't',
  partition: PLACE.partition,
  epoch: 1,
  owner: 'me',
  claimId: 'claim',
  partitionCount: PLACE.partitionCount,
  startOffset: 0,
  fixed: PLACE.fixed,
  history: [{ fromOffset: 0, foldVersion: 1, decision: DEFAULT_DECISION_SETTINGS }],
  skipped: [],
  claimedAtMs: 0,
};

function stateOf(payments: number): StoredState {
  const fold = PartitionFold.fresh({ ...PLACE, startOffset: 0 });
  for (let offset = 0; offset < payments; offset += 1) {
    const members = { transaction_id: `txn-${offset}`, sender_account_id: `acct-${offset % 50}` };
    fold.fold(record(offset, event(members, offset)), settings(), emptyOutput());
  }
  return fold.export();
}

async function read(stored: StoredState | undefined, expected?: Ownership, won = OWNERSHIP) {
  const calls: string[] = [];
  const runtime = {
    random: () => 0.5,
    sleep: async (ms: number) => void calls.push(`slept ${ms}`),
  } as unknown as Runtime;
  const load = async (): Promise<StoredState | undefined> => {
    calls.push('loaded');
    return stored;
  };
  const state = { load } as unknown as StateStore;
  const reading = new LocalReading(expected, { runtime, state, restores: new Semaphore(1) });
  await Promise.resolve();
  calls.push('won');
  const local = await reading.of(won);
  return { local, calls };
}

it('gives others a turn for every few thousand entries', async () => {
  const { local, calls } = await read(stateOf(10_000));
  // Twice 4,096 of 10,000 ids, and of their activity.
  expect(calls).toEqual(['won', 'loaded', ...Array(4).fill('slept 0')]);
  expect(local?.fold.stats()).toMatchObject({ ids: 10_000, activityEntries: 10_000 });
  expect(local?.fold.head()).toEqual(local?.stored.head);
});

it('takes one step for a small state', async () => {
  expect((await read(stateOf(100))).calls).toEqual(['won', 'loaded']);
});

it('gives nothing where nothing is stored', async () => {
  expect((await read(undefined)).local).toBeUndefined();
});

it('begins before the claim where the row is known, and reads once', async () => {
  const { local, calls } = await read(stateOf(100), { ...OWNERSHIP, epoch: 7, owner: 'the one before' });
  expect(calls).toEqual(['loaded', 'won']);
  expect(local?.fold.head()).toEqual(local?.stored.head);
});

it('reads again where the row is another one by then', async () => {
  const generation = { partitions: 2 * PLACE.partitionCount, floorMs: 5, sources: [] };
  const entry = { ...OWNERSHIP.history[0]!, fromOffset: 50, generation };
  const changed = { ...OWNERSHIP, history: [...OWNERSHIP.history, entry] };
  expect((await read(stateOf(100), OWNERSHIP, changed)).calls).toEqual(['loaded', 'won', 'loaded']);
});
