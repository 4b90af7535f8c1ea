/** A graceful stop while a partition waits to ask again after it was fenced. */
import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { OwnershipLostError } from '../base/errors.ts';
import type { Runtime } from '../base/runtime.ts';
import { Semaphore } from '../base/semaphore.ts';
import { DEFAULT_DECISION_SETTINGS, FOLD_VERSION } from '../payments/settings.ts';
import { PLACE } from '../payments/testing/fold-fixture.ts';
import { APPEND_TABLES } from '../payments/types.ts';
import { silentObserver } from './events.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { PartitionSupervisor, type SupervisorOptions } from './partition-supervisor.ts';
import { AppendTurns } from './run/append-turns.ts';
import { FenceRounds } from './takeover/fence-rounds.ts';

/** Sleeps end when they are aborted, and never by themselves. */
const runtime: Runtime = {
  nowMs: () => 0,
  monotonicMs: () => 0,
  random: () => 0.5,
  uuid: () => 'id',
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (ms === 0) resolve();
      signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
    }),
};

/** Of a partition that is won, runs, and is lost with the first record. */
function fencedSupervisor(): PartitionSupervisor {
  const ownership = {
    topic: 't',
    partition: PLACE.partition,
    epoch: 2,
    owner: 'me',
    claimId: 'c',
    streams: [],
    partitionCount: PLACE.partitionCount,
    startOffset: 0,
    fixed: PLACE.fixed,
    skipped: [],
    claimedAtMs: 0,
    history: [{ fromOffset: 0, foldVersion: FOLD_VERSION, decision: DEFAULT_DECISION_SETTINGS }],
  };
  const streamOf = (table: string) => ({ table, epoch: 2, name: table, createdAtMs: 0 });
  const ownStreams = Object.fromEntries(APPEND_TABLES.map((table) => [table, streamOf(table)]));
  const lost = async (): Promise<never> => {
    throw new OwnershipLostError('the partition was given to another member');
  };
  return new PartitionSupervisor({
    topic: 't',
    partition: PLACE.partition,
    decision: DEFAULT_DECISION_SETTINGS,
    limits: DEFAULT_LIMITS,
    claims: { claim: async () => ({ ownership, ownStreams, olderStreams: [], attempts: 1 }) },
    turns: new AppendTurns(16),
    fences: new FenceRounds(runtime, 1),
    restores: new Semaphore(1),
    rebuilds: new Semaphore(1),
    expected: undefined,
    runtime,
    log: {
      bounds: async () => ({ startOffset: 0, endOffset: 0 }),
      open: () => ({ read: lost, seek: () => {}, close: () => {} }),
    },
    queries: {
      latestCheckpoint: async () => undefined,
      tablesWithRows: async () => new Set(),
      rowsFrom: async () => [],
      readOwnership: async () => [ownership],
    },
    inspection: { wrongTables: async () => undefined, lostInBulk: async () => undefined },
    streams: { open: () => ({ append: async () => {}, close: () => {} }) },
    encoder: {},
    state: { load: async () => undefined, replace: async () => {}, save: async () => {}, discard: async () => {} },
    observer: silentObserver,
    onFatal: (error: Error) => {
      throw error;
    },
    onStopped: () => {},
  } as unknown as SupervisorOptions);
}

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await turn();
}

it('a partition that waits after it was fenced is stopped at once', async () => {
  const supervisor = fencedSupervisor();
  supervisor.start();
  await turns(50);
  expect(supervisor.phase).toBe('waiting');
  let isDrained = false;
  supervisor.drain(new AbortController().signal).then(() => {
    isDrained = true;
  });
  await turns(50);
  expect([isDrained, supervisor.phase]).toEqual([true, 'released']);
});
