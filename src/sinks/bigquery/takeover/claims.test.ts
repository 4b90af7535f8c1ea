/**
 * Claims on partition_ownership: new streams, which older ones stay in the list, and who won, which is always read
 * back.
 */
import { expect, it } from 'vitest';
import type { Runtime } from '../../../base/runtime.ts';
import { DEFAULT_DECISION_SETTINGS, defaultFixedSettings } from '../../../payments/settings.ts';
import { silentObserver } from '../../../processor/events.ts';
import { RuledOwnership } from '../../ownership/ruled-ownership.ts';
import type { CheckpointRow, Claim, OwnershipRow, RowEncoder, SinkQueries, StreamRef, WriteStreams } from '../ports.ts';
import { holdStreams, readOwnership, StreamClaims } from './claims.ts';
import { FenceRounds } from './fence-rounds.ts';

function streamOf(epoch: number): StreamRef {
  return { epoch, table: 'payment_transactions', name: `stream of ${epoch}`, createdAtMs: 0 };
}

function rowAt(epoch: number, epochs: readonly number[] = [epoch]): OwnershipRow {
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

function world(start: OwnershipRow, checkpointEpoch = 0) {
  const asked: string[] = [];
  const it = { row: start, asked };
  const queries = {
    readOwnership: async () => {
      asked.push('read');
      return [it.row];
    },
    latestCheckpoint: async () => {
      asked.push('checkpoint');
      return { writerEpoch: checkpointEpoch } as CheckpointRow;
    },
    claim: async (_topic: string, [claim]: readonly Claim[]) => {
      asked.push(`claim at ${claim!.expectedEpoch}`);
      if (claim!.expectedEpoch !== it.row.epoch) return;
      it.row = { ...it.row, epoch: it.row.epoch + 1, claimId: claim!.claimId, streams: claim!.streams };
    },
  } as unknown as SinkQueries;
  let ids = 0;
  const runtime: Runtime = {
    nowMs: () => 1_000,
    monotonicMs: () => 1_000,
    sleep: async () => {},
    random: () => 0.5,
    uuid: () => `id ${++ids}`,
  };
  const streams = { create: async (table: string) => `new ${table}` } as unknown as WriteStreams;
  const fences = new FenceRounds(runtime);
  const ownership = new RuledOwnership(queries);
  const common = { runtime, queries, ownership, streams, fences, observer: silentObserver };
  const claims = new StreamClaims({ ...common, encoder: {} as RowEncoder, streamMaxIdleMs: 1_000 });
  const claim = async (row: OwnershipRow) => (await claims.claim('t', 'me', [row]))[0]!;
  return Object.assign(it, { ownership, claims, claim, common });
}

it('is won where the row, read back, holds its id, and has new streams of every table then', async () => {
  const there = world(rowAt(4));
  const { won, row } = await there.claim(rowAt(4));
  expect(won?.ownership).toMatchObject({ epoch: 5, claimId: '5:id 1' });
  expect(row?.epoch).toBe(5);
  expect(won?.ownership.streams.filter(({ epoch }) => epoch === 5)).toHaveLength(5);
  expect(there.asked).toEqual(['claim at 4', 'read']);
});

it('is lost where the row has changed by then, and returns the row as it is now', async () => {
  const there = world(rowAt(6));
  const { won, row } = await there.claim(rowAt(4));
  expect([won, row?.epoch]).toEqual([undefined, 6]);
});

it('keeps the older streams that the writer of the checkpoint has not finalized', async () => {
  const there = world(rowAt(4, [2, 3, 4]), 3);
  const { won } = await there.claim(rowAt(4, [2, 3, 4]));
  expect([...new Set(won?.ownership.streams.map(({ epoch }) => epoch))]).toEqual([3, 4, 5]);
  expect(there.asked).toEqual(['checkpoint', 'claim at 4', 'read']);
});

it('asks for them ahead where foresee() announces that the row will be claimed', async () => {
  const there = world(rowAt(4, [2, 3, 4]), 3);
  const row = rowAt(4, [2, 3, 4]);
  there.claims.foresee([row]);
  expect(there.asked).toEqual(['checkpoint']);
  const { won } = await there.claim(row);
  expect([...new Set(won?.ownership.streams.map(({ epoch }) => epoch))]).toEqual([3, 4, 5]);
  expect(there.asked).toEqual(['checkpoint', 'claim at 4', 'read']);
});

it('of an operator has no streams of its own, and leaves the list as it is', async () => {
  const there = world(rowAt(4, [3, 4]));
  const [held] = await holdStreams('t', 'operator', [rowAt(4, [3, 4])], there.common);
  expect(held?.won?.ownership).toMatchObject({ epoch: 5, claimId: '5:hold:id 1' });
  expect(held?.won?.ownership.streams.map(({ epoch }) => epoch)).toEqual([3, 4]);
});

it('a row with a stream of a later epoch contradicts itself', async () => {
  const read = async (row: OwnershipRow) => (await readOwnership('t', world(row).ownership))[0]?.contradiction;
  expect(await read(rowAt(7, [6, 7]))).toBeUndefined();
  // An operator of an older release held it.
  expect(await read(rowAt(8, [7]))).toBeUndefined();
  expect(await read(rowAt(6, [6, 7]))).toContain('one of epoch 7');
});
