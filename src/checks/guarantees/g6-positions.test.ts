/** What a checkpoint on Delta Lake remembers, counted again; and where rules may change when tables say how far they are. */
import { describe, expect, test } from 'vitest';
import type { OwnershipFacts, RowPosition } from '../inputs/verify-inputs.ts';
import { CHECKED_TABLES } from '../partition/walk-partition.ts';
import { faultless, ownershipOf, type PartitionHistory } from '../testing/history.ts';
import { found, records, verdictOf } from '../testing/judged.ts';

type Remembered = Record<string, Record<string, number>>;

/** The same history as on Delta Lake: no streams, and checkpoints that remember positions. */
function onDelta(history: PartitionHistory): PartitionHistory {
  const { streams: _, ...ownership } = history.ownership;
  const { partition, fixed } = history.ownership;
  const checkpoints = history.checkpoints.map((checkpoint) => {
    const { next_offset, writer_epoch } = checkpoint;
    const below = CHECKED_TABLES.map((table) => {
      const rows: readonly RowPosition[] = history[table];
      return [table, rows.filter(({ kafka_offset }) => kafka_offset < next_offset)] as const;
    });
    const remembered = {
      next: Object.fromEntries(below.map(([table, rows]) => [table, (rows.at(-1)?.kafka_offset ?? -1) + 1])),
      rows: Object.fromEntries(below.map(([table, rows]) => [table, rows.length])),
      of: { partition, epoch: writer_epoch, nextOffset: next_offset, wentOnFrom: 0, fixed },
    };
    return { ...checkpoint, stream_offsets: JSON.stringify(remembered) };
  });
  return { ...history, ownership: ownership as OwnershipFacts, checkpoints };
}

function changed(change: (remembered: Remembered) => void): PartitionHistory {
  const history = onDelta(faultless(records(), { checkpointsAt: [5, 14] }));
  const checkpoints = history.checkpoints.map((checkpoint, index) => {
    if (index !== 0) return checkpoint;
    const remembered = JSON.parse(checkpoint.stream_offsets) as Remembered;
    change(remembered);
    return { ...checkpoint, stream_offsets: JSON.stringify(remembered) };
  });
  return { ...history, checkpoints };
}

describe('a checkpoint on Delta Lake', () => {
  test('that remembers its tables as they are passes, without streams', async () => {
    expect(await verdictOf(changed(() => {}))).toBe('PASS');
  });

  test('may remember a position past the last row, up to its own offset', async () => {
    expect(await verdictOf(changed(({ next }) => (next!.payment_exceptions = 5)))).toBe('PASS');
  });

  test.each<[string, (remembered: Remembered) => void]>([
    ['a row too many', ({ rows }) => rows!.payment_transactions!++],
    ['a row too few', ({ rows }) => rows!.payment_metrics_partials!--],
    ['a position before the last row', ({ next }) => next!.payment_transactions!--],
    ['a position past its own offset', ({ next }) => (next!.payment_exceptions = 6)],
    ['no position of a table', ({ next }) => delete next!.payment_exceptions],
    ['something that nobody writes', (remembered) => (remembered.streams = {})],
  ])('that remembers %s is a finding', async (_, change) => {
    expect((await found(changed(change))).G6).toContain('position_differs');
  });

  test('of another partition is a finding', async () => {
    expect((await found(changed(({ of }) => (of!.partition = 3)))).G6).toContain('checkpoint_is_another');
  });
});

describe('other rules on Delta Lake', () => {
  const entry = ownershipOf(0).history[0]!;

  test('may begin where one of the tables has rows of an earlier owner alone', async () => {
    const ownership = ownershipOf(0, { history: [entry, { ...entry, fromOffset: 7 }] });
    const history = faultless(records(), { ownership });
    // The rows right below are of the new owner too: it wrote what the one before had left out.
    for (const table of ['payment_transactions', 'payment_transactions_fraud'] as const)
      history[table] = history[table].map((row) => ({ ...row, writer_epoch: 2 })) as never;
    expect((await found(onDelta(history))).G6).not.toContain('settings_without_takeover');
  });

  test('are a finding where every table has rows of the same owner before', async () => {
    const ownership = ownershipOf(0, { history: [entry, { ...entry, fromOffset: 7 }] });
    const history = faultless(records(), { ownership });
    for (const table of CHECKED_TABLES)
      history[table] = history[table].map((row) => ({ ...row, writer_epoch: 2 })) as never;
    expect((await found(onDelta(history))).G6).toContain('settings_without_takeover');
  });
});
