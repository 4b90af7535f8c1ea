/** A graceful stop while a partition waits to ask again after it was fenced. */
import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { OwnershipLostError } from '../base/errors.ts';
import type { Runtime } from '../base/runtime.ts';
import { DEFAULT_DECISION_SETTINGS, FOLD_VERSION } from '../payments/settings.ts';
import { PLACE } from '../payments/testing/fold-fixture.ts';
import { silentObserver } from './events.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { PartitionSupervisor } from './partition-supervisor.ts';
import { type ProcessorPorts, processScope } from './process-scope.ts';
import type { ProcessorSettings } from './settings.ts';
import { nothingThere } from './testing/reached-tables.ts';

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
    partitionCount: PLACE.partitionCount,
    startOffset: 0,
    fixed: PLACE.fixed,
    skipped: [],
    claimedAtMs: 0,
    history: [{ fromOffset: 0, foldVersion: FOLD_VERSION, decision: DEFAULT_DECISION_SETTINGS }],
  };
  const lost = async (): Promise<never> => {
    throw new OwnershipLostError('the partition was given to another member');
  };
  const won = {
    ownership,
    fence: async () => ({ checkpoint: undefined, checkpointOffset: 0, reached: nothingThere() }),
    addEntry: async () => {},
    open: () => ({
      append: () => ({ byteLength: 1, landed: Promise.resolve() }),
      beginCheckpoint: () => async () => {},
      outlived: () => undefined,
      close: () => {},
    }),
  };
  const settings = { topic: 't', owner: 'me', decision: DEFAULT_DECISION_SETTINGS, limits: DEFAULT_LIMITS };
  const ports = {
    runtime,
    log: {
      bounds: async () => ({ startOffset: 0, endOffset: 0 }),
      open: () => ({ read: lost, seek: () => {}, close: () => {} }),
    },
    sink: {
      appendLimits: { maxAppendRows: 4_000, maxAppendBytes: 1e6 },
      latestCheckpoint: async () => undefined,
      readOwnership: async () => [ownership],
      wrongTables: async () => undefined,
      claim: async () => [{ row: ownership, won }],
    },
    state: { load: async () => undefined, replace: async () => {}, save: async () => {}, discard: async () => {} },
    observer: silentObserver,
  } as unknown as ProcessorPorts;
  return new PartitionSupervisor({
    scope: processScope(settings as ProcessorSettings, ports),
    partition: PLACE.partition,
    expected: undefined,
    onFatal: (error: Error) => {
      throw error;
    },
    onStopped: () => {},
  });
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
