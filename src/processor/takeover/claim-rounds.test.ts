/** What a claim is made from: a row found at the start, or one that is read for it. A lost claim is retried. */
import { setImmediate as later } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { Runtime } from '../../base/runtime.ts';
import { DEFAULT_DECISION_SETTINGS, defaultFixedSettings } from '../../payments/settings.ts';
import type { ProcessorEvent } from '../events.ts';
import type { ClaimOutcome, Ownership, WonClaim } from '../ports.ts';
import { ClaimRounds } from './claim-rounds.ts';

function rowAt(epoch: number): Ownership {
  return {
    topic: 't',
    partition: 0,
    epoch,
    owner: 'other',
    claimId: `claim of ${epoch}`,
    partitionCount: 1,
    startOffset: 0,
    fixed: defaultFixedSettings(0),
    history: [{ fromOffset: 0, foldVersion: 1, decision: DEFAULT_DECISION_SETTINGS }],
    skipped: [],
    claimedAtMs: 0,
  };
}

function world(start: Ownership) {
  const asked: string[] = [];
  const events: ProcessorEvent[] = [];
  const it = { row: start, nowMs: 1_000, asked, events };
  const sink = {
    readOwnership: async () => {
      asked.push('read');
      return [it.row];
    },
    foresee: (rows: readonly Ownership[]) => void asked.push(`foresees ${rows.map(({ epoch }) => epoch)}`),
    claim: async (_topic: string, owner: string, rows: readonly Ownership[]): Promise<ClaimOutcome<WonClaim>[]> =>
      rows.map(({ epoch, partition }) => {
        asked.push(`claim at ${epoch}`);
        if (partition !== it.row.partition) return { row: undefined, won: undefined };
        if (epoch !== it.row.epoch) return { row: it.row, won: undefined };
        it.row = { ...it.row, epoch: epoch + 1, owner, claimId: `claim of ${epoch + 1}` };
        return { row: it.row, won: { ownership: it.row } as unknown as WonClaim };
      }),
  };
  const runtime: Runtime = {
    nowMs: () => it.nowMs,
    monotonicMs: () => it.nowMs,
    sleep: async () => {},
    random: () => 0.5,
    uuid: () => 'id',
  };
  const observer = { emit: (event: ProcessorEvent) => void events.push(event) };
  const claims = new ClaimRounds({ topic: 't', owner: 'me', runtime, sink, observer });
  const claim = () => claims.claim(0, new AbortController().signal);
  return Object.assign(it, { claims, claim });
}

it('claims with the row found at the start', async () => {
  const there = world(rowAt(4));
  there.claims.foresee([rowAt(4)]);
  expect((await there.claim()).ownership.epoch).toBe(5);
  expect(there.asked).toEqual(['foresees 4', 'claim at 4']);
  expect(there.events).toEqual([{ type: 'takeover.claimed', partition: 0, epoch: 5, attempts: 1 }]);
});

it('reads the row again where the one found at the start has lost', async () => {
  const there = world(rowAt(6));
  there.claims.foresee([rowAt(4)]);
  expect((await there.claim()).ownership.epoch).toBe(7);
  expect(there.asked).toEqual(['foresees 4', 'claim at 4', 'read', 'claim at 6']);
  expect(there.events).toEqual([
    { type: 'takeover.lost_claim', partition: 0, expectedEpoch: 4, winner: 'other' },
    { type: 'takeover.claimed', partition: 0, epoch: 7, attempts: 2 },
  ]);
});

it('uses what it found at the start for one claim only, and only while it is fresh', async () => {
  const there = world(rowAt(4));
  there.claims.foresee([rowAt(4)]);
  there.nowMs += 5_000;
  await there.claim();
  await there.claim();
  expect(there.asked).toEqual(['foresees 4', 'read', 'claim at 4', 'read', 'claim at 5']);
});

it('reads the rows for a partition that was not found', async () => {
  const there = world(rowAt(4));
  there.claims.foresee([{ ...rowAt(4), partition: 1 }]);
  await there.claim();
  expect(there.asked).toEqual(['foresees 4', 'read', 'claim at 4']);
});

it('does not claim by a row that contradicts itself, or that the sink finds something wrong with', async () => {
  for (const wrong of [{ claimId: '7:x' }, { contradiction: 'a later epoch is in it' }]) {
    const there = world({ ...rowAt(4), ...wrong });
    there.claims.foresee([there.row]);
    await expect(there.claim()).rejects.toMatchObject({ code: 'ownership_rows' });
    expect(there.asked).toEqual(['foresees ', 'read']);
  }
});

it('where no row is there nothing is claimed', async () => {
  const there = world(rowAt(4));
  await expect(there.claims.claim(1, new AbortController().signal)).rejects.toMatchObject({
    name: 'ContradictionError',
  });
  await later();
  expect(there.asked).toEqual(['read']);
});

it('a partition whose row is gone is refused, and those that are claimed with it are won', async () => {
  const there = world(rowAt(4));
  const { signal } = new AbortController();
  const [won, gone] = await Promise.allSettled([there.claims.claim(0, signal), there.claims.claim(1, signal)]);
  expect(won).toMatchObject({ status: 'fulfilled', value: { ownership: { epoch: 5 } } });
  expect(gone).toMatchObject({ status: 'rejected', reason: { name: 'ContradictionError' } });
});

it('a claim is refused if its row disappears meanwhile', async () => {
  const there = world(rowAt(4));
  there.claims.foresee([rowAt(4)]);
  there.row = { ...there.row, partition: 3 };
  await expect(there.claim()).rejects.toMatchObject({ code: 'ownership_rows' });
});
