/** What a claim is made from: a row found at the start, or one that is read for it. Who won is always read back. */
import { setImmediate as later } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { Runtime } from '../../base/runtime.ts';
import { DEFAULT_DECISION_SETTINGS, defaultFixedSettings } from '../../payments/settings.ts';
import { silentObserver } from '../events.ts';
import type { Checkpoint, Claim, Ownership, SinkQueries, StreamRef, WriteStreams } from '../ports.ts';
import { ClaimRounds } from './claim-rounds.ts';

function streamOf(epoch: number): StreamRef {
  return { epoch, table: 'payment_transactions', name: `stream of ${epoch}`, createdAtMs: 0 };
}

function rowAt(epoch: number, epochs: readonly number[] = [epoch]): Ownership {
  return {
    topic: 't',
    partition: 0,
    epoch,
    owner: 'other',
    claimId: `claim of ${epoch}`,
    streams: epochs.map(streamOf),
    partitionCount: 1,
    startOffset: 0,
    fixed: defaultFixedSettings(0),
    history: [{ fromOffset: 0, foldVersion: 1, decision: DEFAULT_DECISION_SETTINGS }],
    skipped: [],
    claimedAtMs: 0,
  };
}

function world(start: Ownership, checkpointEpoch = 0) {
  const asked: string[] = [];
  const it = { row: start, nowMs: 1_000, asked };
  const queries = {
    readOwnership: async () => {
      asked.push('read');
      return [it.row];
    },
    latestCheckpoint: async () => {
      asked.push('checkpoint');
      return { writerEpoch: checkpointEpoch } as Checkpoint;
    },
    claim: async (_topic: string, [claim]: readonly Claim[]) => {
      asked.push(claim === undefined ? 'claim of nothing' : `claim at ${claim.expectedEpoch}`);
      if (claim!.expectedEpoch !== it.row.epoch) return;
      it.row = { ...it.row, epoch: it.row.epoch + 1, claimId: claim!.claimId, streams: claim!.streams };
    },
  } as unknown as SinkQueries;
  let ids = 0;
  const runtime: Runtime = {
    nowMs: () => it.nowMs,
    monotonicMs: () => it.nowMs,
    sleep: async () => {},
    random: () => 0.5,
    uuid: () => `id ${++ids}`,
  };
  const streams = { create: async (table: string) => `new ${table}` } as unknown as WriteStreams;
  const claims = new ClaimRounds({ topic: 't', owner: 'me', runtime, queries, streams, observer: silentObserver });
  const claim = () => claims.claim(0, new AbortController().signal);
  return Object.assign(it, { claims, claim });
}

it('claims with the row found at the start, and reads back who won', async () => {
  const there = world(rowAt(4));
  there.claims.foresee([rowAt(4)]);
  expect((await there.claim()).ownership.epoch).toBe(5);
  expect(there.asked).toEqual(['claim at 4', 'read']);
});

it('reads the row again where the one found at the start has lost', async () => {
  const there = world(rowAt(6));
  there.claims.foresee([rowAt(4)]);
  const won = await there.claim();
  expect(won).toMatchObject({ ownership: { epoch: 7 }, attempts: 2 });
  expect(there.asked).toEqual(['claim at 4', 'read', 'read', 'claim at 6', 'read']);
});

it('uses what it found at the start for one claim only, and only while it is fresh', async () => {
  const there = world(rowAt(4));
  there.claims.foresee([rowAt(4)]);
  there.nowMs += 5_000;
  await there.claim();
  await there.claim();
  expect(there.asked).toEqual(['read', 'claim at 4', 'read', 'read', 'checkpoint', 'claim at 5', 'read']);
});

it('reads the rows for a partition that was not found', async () => {
  const there = world(rowAt(4));
  there.claims.foresee([{ ...rowAt(4), partition: 1 }]);
  await there.claim();
  expect(there.asked).toEqual(['read', 'claim at 4', 'read']);
});

it('asks at the start which older streams whoever wrote the checkpoint has finalized, and keeps the others', async () => {
  const there = world(rowAt(4, [2, 3, 4]), 3);
  there.claims.foresee([rowAt(4, [2, 3, 4])]);
  const won = await there.claim();
  expect(won.olderStreams.map(({ epoch }) => epoch)).toEqual([3, 4]);
  expect(there.asked).toEqual(['checkpoint', 'claim at 4', 'read']);
});

it('where no row is there nothing is claimed', async () => {
  const there = world(rowAt(4));
  await expect(there.claims.claim(1, new AbortController().signal)).rejects.toMatchObject({
    name: 'ContradictionError',
  });
  await later();
  expect(there.asked).toEqual(['read']);
});

it('a partition whose row is gone is told so, and those that are claimed with it are won', async () => {
  const there = world(rowAt(4));
  const { signal } = new AbortController();
  const [won, gone] = await Promise.allSettled([there.claims.claim(0, signal), there.claims.claim(1, signal)]);
  expect(won).toMatchObject({ status: 'fulfilled', value: { ownership: { epoch: 5 } } });
  expect(gone).toMatchObject({ status: 'rejected', reason: { name: 'ContradictionError' } });
});
