/** Where a state comes from when what is local, or what is in the sink, is not what it should be. */
import { setImmediate as later } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { Semaphore } from '../../base/semaphore.ts';
import { recordFingerprint } from '../../payments/event/hash.ts';
import { PartitionFold } from '../../payments/fold.ts';
import { DEFAULT_DECISION_SETTINGS, FOLD_VERSION } from '../../payments/settings.ts';
import { emptyOutput, event, PLACE, record, START_MS, settings } from '../../payments/testing/fold-fixture.ts';
import type { StoredState, TransactionRow } from '../../payments/types.ts';
import { silentObserver } from '../events.ts';
import type { Checkpoint, FetchAnswer, LogBounds, Ownership, PartitionReader } from '../ports.ts';
import { LogCursor } from '../run/log-cursor.ts';
import type { LocalFold } from './local-reading.ts';
import type { Position } from './position.ts';
import { type RestoreOptions, restoreFold } from './restore.ts';

const END = 20;
const RECORDS = Array.from({ length: END }, (_, i) => record(i, event({ transaction_id: `txn-${i}` }, i)));
const OWNERSHIP = {
  ...PLACE,
  startOffset: 0,
  skipped: [],
  history: [{ fromOffset: 0, foldVersion: FOLD_VERSION, decision: DEFAULT_DECISION_SETTINGS }],
} as unknown as Ownership;

/** The checkpoint at END, and the rows of the sink below it. */
function checkpointed() {
  const fold = PartitionFold.fresh({ ...PLACE, startOffset: 0 });
  const output = emptyOutput();
  for (const one of RECORDS) fold.fold(one, settings(), output);
  const { watermarkMs, counters, digest } = fold.head();
  const fingerprint = recordFingerprint(RECORDS.at(-1)!);
  const at = { nextOffset: END, watermarkMs, counters, stateDigest: digest, recordFingerprint: fingerprint };
  const position = { checkpoint: at as Checkpoint, checkpointOffset: END } as Position;
  return { position, rows: Array.from(output.accepted, ({ kafkaOffset, payment }) => ({ kafkaOffset, payment })) };
}

function restore(
  position: Position,
  rows: readonly TransactionRow[],
  over: {
    readonly local?: LocalFold;
    readonly bounds?: () => Promise<LogBounds>;
    readonly reader?: PartitionReader;
  } = {},
) {
  const discarded: string[] = [];
  const replaced: number[] = [];
  const { local, bounds = async () => ({ startOffset: 0, endOffset: END }) } = over;
  const runtime = {
    nowMs: () => START_MS,
    monotonicMs: () => 0,
    sleep: async () => {},
    random: () => 0,
    uuid: () => '',
  };
  const cursor = new LogCursor({
    partition: PLACE.partition,
    reader: over.reader ?? { read: () => new Promise(() => {}), seek: () => {}, close: () => {} },
    runtime,
    observer: silentObserver,
    bounds,
    expectedOffset: END,
    writtenTo: END,
    fingerprint: position.checkpoint?.recordFingerprint ?? null,
    skipped: [],
    logEndPatienceMs: 1_000,
  });
  const options = {
    runtime,
    observer: silentObserver,
    state: {
      // Writing takes time: a takeover that does not await it continues with the old state on disk.
      replace: async (_: number, { head }: StoredState) => {
        await later();
        replaced.push(head.nextOffset);
      },
      discard: async (_: number, why: string) => void discarded.push(why),
    },
    rebuilds: new Semaphore(1),
    bounds,
    sink: {
      async *payments() {
        yield rows;
      },
    },
  } as unknown as RestoreOptions;
  const { signal } = new AbortController();
  return {
    restoring: restoreFold(OWNERSHIP, position, Promise.resolve(local), cursor, options, signal),
    discarded,
    replaced,
  };
}

it('a local state that retention overtakes while it is folded forward is rebuilt from the sink', async () => {
  const { position, rows } = checkpointed();
  const early = PartitionFold.fresh({ ...PLACE, startOffset: 0 });
  for (const one of RECORDS.slice(0, 5)) early.fold(one, settings(), emptyOutput());
  const stored = early.export();
  const local = { stored, fold: PartitionFold.fromStored({ ...PLACE, stored }) };
  // At first every record is there. Then those below 10 are deleted, and the reader continues at the log's start.
  let looks = 0;
  const bounds = async () => ({ startOffset: looks++ === 0 ? 0 : 10, endOffset: END });
  let at = 0;
  const reader: PartitionReader = {
    read: async (): Promise<FetchAnswer> => {
      const askedFrom = Math.max(at, 10);
      at = END;
      const records = RECORDS.slice(askedFrom);
      return { askedFrom, completeTo: END, records, byteLength: 1, endOffset: END, session: 2 };
    },
    seek: (offset) => {
      at = offset;
    },
    close: () => {},
  };
  const { restoring, discarded } = restore(position, rows, { local, bounds, reader });
  expect((await restoring).head().digest).toBe(position.checkpoint!.stateDigest);
  expect(discarded).toEqual(['the log lost records while it was folded forward from offset 5']);
});

it.each([
  ['rebuilt', END],
  ['fresh', 0],
])('a state that is %s is in the local state before anything is folded on it', async (how, atOffset) => {
  const { position, rows } = checkpointed();
  const without = { ...position, checkpoint: undefined, checkpointOffset: 0 } as unknown as Position;
  const { restoring, replaced } = restore(how === 'fresh' ? without : position, rows);
  await restoring;
  expect(replaced).toEqual([atOffset]);
});

it('a payment that somebody put into the table a second time stops the partition by name', async () => {
  const { position, rows } = checkpointed();
  const { restoring } = restore(position, [...rows.slice(0, 2), rows[1]!, ...rows.slice(2)]);
  await expect(restoring).rejects.toMatchObject({ name: 'ContradictionError', code: 'digest_differs' });
});

describe('a digest of a layout that this release does not know', () => {
  it.each(['v2:0123456789abcdef', 'v0:00', '', 'none'])(
    'in the checkpoint (%j) proves nothing, and stops the partition by name',
    async (stateDigest) => {
      const { position, rows } = checkpointed();
      const changed = { ...position, checkpoint: { ...position.checkpoint!, stateDigest } };
      // As after a change by hand: the amount is another one.
      const [first, ...others] = rows;
      const forged = [{ ...first!, payment: { ...first!.payment, amount: 999_000_000_000n } }, ...others];
      const { restoring } = restore(changed, forged);
      await expect(restoring).rejects.toMatchObject({ name: 'ContradictionError', code: 'digest_version' });
    },
  );

  it('in the local state: that is discarded, and the state rebuilt', async () => {
    const { position, rows } = checkpointed();
    const early = PartitionFold.fresh({ ...PLACE, startOffset: 0 });
    for (const one of RECORDS) early.fold(one, settings(), emptyOutput());
    const exported = early.export();
    const stored = { ...exported, head: { ...exported.head, digest: exported.head.digest.replace('v1:', 'v2:') } };
    const local = { stored, fold: PartitionFold.fromStored({ ...PLACE, stored }) };
    const { restoring, discarded } = restore(position, rows, { local });
    expect((await restoring).head().digest).toBe(position.checkpoint!.stateDigest);
    expect(discarded).toEqual(['its digest is of a layout that this release does not know']);
  });
});

it('the prefix of a digest is the version of its layout, not the fold version', () => {
  expect(checkpointed().position.checkpoint!.stateDigest).toMatch(/^v1:[0-9a-f]{32}$/);
});
