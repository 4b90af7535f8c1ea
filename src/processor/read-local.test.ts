/** A large local state is added up a little at a time, and is what it would be at once. */
import { expect, it } from 'vitest';
import { PartitionFold } from '../payments/fold.ts';
import { emptyOutput, event, PLACE, record, settings } from '../payments/fold-fixture.ts';
import { DEFAULT_DECISION_SETTINGS } from '../payments/settings.ts';
import type { StoredState } from '../payments/types.ts';
import type { Ownership, Runtime, StateStore } from './ports.ts';
import { readLocal } from './restore.ts';

const OWNERSHIP: Ownership = {
  topic: 't',
  partition: PLACE.partition,
  epoch: 1,
  owner: 'me',
  claimId: 'claim',
  streams: [],
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

async function read(stored: StoredState | undefined) {
  const sleepsMs: number[] = [];
  const runtime = { sleep: async (ms: number) => void sleepsMs.push(ms) } as unknown as Runtime;
  const state = { load: async () => stored } as unknown as StateStore;
  const local = await readLocal(OWNERSHIP, { runtime, state });
  return { local, sleepsMs };
}

it('gives others a turn for every few thousand entries', async () => {
  const { local, sleepsMs } = await read(stateOf(10_000));
  // Twice 4,096 of 10,000 ids, and of their activity.
  expect(sleepsMs).toEqual([0, 0, 0, 0]);
  expect(local?.fold.stats()).toMatchObject({ ids: 10_000, activityEntries: 10_000 });
  expect(local?.fold.head()).toEqual(local?.stored.head);
});

it('takes one step for a small state', async () => {
  expect((await read(stateOf(100))).sleepsMs).toEqual([]);
});

it('gives nothing where nothing is stored', async () => {
  expect((await read(undefined)).local).toBeUndefined();
});
