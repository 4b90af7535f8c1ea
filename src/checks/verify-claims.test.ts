/** What ownership rows and checkpoints say twice: one of the two changed is a finding, with the partition and the checkpoint. */
import { describe, expect, test } from 'vitest';
import type { CheckpointCells, OwnershipFacts } from './inputs/verify-inputs.ts';
import { faultless, inputsOf, ownershipOf, type PartitionHistory, RULES, streamOffsetsOf } from './testing/history.ts';
import { found, records, verdictOf } from './testing/judged.ts';
import { verify } from './verify.ts';

async function kindsOf(history: PartitionHistory): Promise<string[]> {
  return (await found(history)).G6;
}

function ownedBy(changes: Partial<OwnershipFacts>): PartitionHistory {
  const history = faultless(records());
  return { ...history, ownership: { ...history.ownership, ...changes } };
}

describe('an ownership row', () => {
  const { claimId, streams = [] } = ownershipOf(0);

  test.each<[string, Partial<OwnershipFacts>]>([
    ['an epoch that its claim did not make', { epoch: 2 }],
    ['a claim of another epoch', { claimId: claimId.replace('1:', '2:') }],
    ['a claim id of no form', { claimId: ` ${claimId}` }],
    ['no stream for one of its tables', { streams: streams.slice(1) }],
    ['a stream twice', { streams: [...streams, streams[0]!] }],
    ['no streams at all', { streams: [] }],
    ['a stream of an epoch to come', { streams: streams.map((stream) => ({ ...stream, epoch: 2 })) }],
    [
      'a stream by the name of another table',
      { streams: streams.map((stream) => ({ ...stream, name: streams[0]!.name })) },
    ],
    [
      'a history that starts elsewhere than the partition',
      { history: [{ fromOffset: 1, foldVersion: 2, decision: RULES }] },
    ],
    ['an entry of its history twice', { history: [...ownershipOf(0).history, ...ownershipOf(0).history] }],
    [
      'a least event time within a day',
      { fixed: { ...ownershipOf(0).fixed, minEventTimeMs: Date.UTC(2022, 10, 14) + 1 } },
    ],
  ])('with %s is a finding', async (_, changes) => {
    expect(await kindsOf(ownedBy(changes))).toContain('ownership_contradicts');
  });

  test('with numbers that make no sense is a finding, and no crash', async () => {
    const { fixed } = ownershipOf(0);
    for (const windowMs of [0, -60_000])
      expect(await kindsOf(ownedBy({ fixed: { ...fixed, windowMs } }))).toContain('ownership_contradicts');
    expect(await kindsOf(ownedBy({ partitionCount: 1e12 }))).toContain('partition_count_differs');
  });

  test('of an operator who holds the partition has no streams of its epoch', async () => {
    expect(await verdictOf(ownedBy({ epoch: 2, claimId: '2:hold:name' }))).toBe('PASS');
    expect(await verdictOf(ownedBy({ epoch: 2, claimId: '2:name' }))).toBe('FAIL');
  });

  test('of an older release says its epoch by its streams alone', async () => {
    const plain = '0b7f2a1e-1111-4222-8333-444455556666';
    expect(await verdictOf(ownedBy({ claimId: plain }))).toBe('PASS');
    expect(await verdictOf(ownedBy({ claimId: plain, epoch: 0 }))).toBe('FAIL');
  });

  test('with streams of another partition is a finding', async () => {
    const two = [0, 1].map((partition) => ({
      ...faultless([], { checkpointsAt: [] }),
      ownership: ownershipOf(partition, { partitionCount: 2, ...(partition === 1 ? { streams } : {}) }),
    }));
    const { guarantees } = await verify(inputsOf(...two));
    expect(guarantees.G6.findings).toContainEqual(
      expect.objectContaining({ kind: 'ownership_contradicts', partition: 1 }),
    );
  });

  test('with other rules from where nobody took over is a finding', async () => {
    const entry = { fromOffset: 0, foldVersion: 2, decision: RULES };
    const ownership = ownershipOf(0, { history: [entry, { ...entry, fromOffset: 6 }] });
    const history = faultless(records(), { ownership });
    expect(await verdictOf(history)).toBe('PASS');
    for (const fromOffset of [5, 7]) {
      const moved = { ...history, ownership: { ...ownership, history: [entry, { ...entry, fromOffset }] } };
      expect(await kindsOf(moved)).toEqual(['settings_without_takeover']);
    }
  });
});

describe('a checkpoint', () => {
  test('that is there twice is a finding', async () => {
    const history = faultless(records(), { checkpointsAt: [5, 14] });
    const doubled = { ...history, checkpoints: [history.checkpoints[0]!, ...history.checkpoints] };
    const { guarantees } = await verify(inputsOf(doubled));
    expect(guarantees.G6.findings).toMatchObject([{ kind: 'checkpoint_twice', partition: 0, offsets: [5] }]);
  });

  test('with a watermark that nothing was accepted for is a finding, however low', async () => {
    const history = faultless(records(), { checkpointsAt: [0, 14] });
    const [first, ...more] = history.checkpoints;
    const lower = { ...history, checkpoints: [{ ...first!, watermark: first!.watermark - 1 }, ...more] };
    expect(await kindsOf(lower)).toEqual(['watermark_differs']);
  });
});

describe('which epoch wrote a row', () => {
  /** Epoch 1 had a checkpoint at 4; 2 and 3 wrote rows and had none; 4 took over from there and had one at 14. */
  function fourOwners(): PartitionHistory {
    const epochOf = (offset: number): number => (offset < 6 ? 1 : offset < 8 ? 2 : offset < 10 ? 3 : 4);
    const base = faultless(records(), { checkpointsAt: [4, 14], ownership: ownershipOf(0, { epoch: 4 }) });
    const rows = <R extends { readonly kafka_offset: number }>(list: readonly R[]): R[] =>
      list.map((row) => ({ ...row, writer_epoch: epochOf(row.kafka_offset) }));
    const history: PartitionHistory = {
      ...base,
      payment_transactions: rows(base.payment_transactions),
      payment_transactions_fraud: rows(base.payment_transactions_fraud),
      payment_metrics_partials: rows(base.payment_metrics_partials),
      payment_exceptions: rows(base.payment_exceptions),
    };
    const ends: readonly (readonly [number, number])[] = [
      [1, 0],
      [4, 4],
    ];
    const checkpoints = base.checkpoints.map((checkpoint, i): CheckpointCells => {
      const [epoch, wentOnFrom] = ends[i]!;
      const { next_offset } = checkpoint;
      const counts = JSON.parse(streamOffsetsOf(history, epoch, next_offset)) as object;
      const of = { partition: 0, epoch, nextOffset: next_offset, wentOnFrom, fixed: history.ownership.fixed };
      const text = JSON.stringify({
        ...counts,
        of,
        found: { from: wentOnFrom, rows: i === 0 ? {} : foundFrom(history, 4) },
      });
      return { ...checkpoint, writer_epoch: epoch, stream_offsets: text };
    });
    return { ...history, checkpoints };
  }

  function foundFrom(history: PartitionHistory, from: number): object {
    const found: Record<string, Record<string, number>> = {};
    for (const table of ['payment_transactions', 'payment_transactions_fraud', 'payment_metrics_partials'] as const)
      for (const { kafka_offset, writer_epoch } of history[table]) {
        if (kafka_offset < from || writer_epoch > 3) continue;
        const of = found[writer_epoch] ?? {};
        found[writer_epoch] = { ...of, [table]: (of[table] ?? 0) + 1 };
      }
    return found;
  }

  test('is known of every row, those of owners without a checkpoint included', async () => {
    expect((await verify(inputsOf(fourOwners()))).guarantees.G6.findings).toEqual([]);
    for (const [offset, wrong] of [
      [5, 2],
      [6, 1],
      [7, 3],
      [8, 2],
      [9, 4],
    ] as const) {
      const history = fourOwners();
      const payments = history.payment_transactions.map((row) =>
        row.kafka_offset === offset ? { ...row, writer_epoch: wrong } : row,
      );
      const { guarantees } = await verify(inputsOf({ ...history, payment_transactions: payments }));
      const named = guarantees.G6.findings.flatMap(({ offsets }) => offsets);
      expect([offset, guarantees.G6.findings[0]?.kind]).toEqual([offset, 'found_rows_differ']);
      expect(named).toContain(offset);
    }
  });

  test.each<[string, (said: Record<string, object>) => object]>([
    ['what was found is gone', ({ found: _, ...said }) => said],
    [
      'what was found is other rows',
      (said) => ({ ...said, found: { from: 4, rows: { 3: { payment_transactions: 1 } } } }),
    ],
    ['what was found begins elsewhere', (said) => ({ ...said, found: { ...said.found, from: 5 } })],
    ['it says that it is another checkpoint', (said) => ({ ...said, of: { ...said.of, nextOffset: 13 } })],
    ['it says that it resumed from elsewhere', (said) => ({ ...said, of: { ...said.of, wentOnFrom: 0 } })],
    ['it says something that nobody writes', (said) => ({ ...said, more: 1 })],
  ])('a checkpoint is a finding where %s', async (_, change) => {
    const history = fourOwners();
    const [first, last] = history.checkpoints;
    const stream_offsets = JSON.stringify(change(JSON.parse(last!.stream_offsets) as Record<string, object>));
    const { guarantees } = await verify(inputsOf({ ...history, checkpoints: [first!, { ...last!, stream_offsets }] }));
    expect(guarantees.G6.findings.every(({ offsets }) => offsets.includes(14))).toBe(true);
    expect(guarantees.G6.count).toBeGreaterThan(0);
  });

  test('too high names the row as well as the one after it, where it shows', async () => {
    const history = fourOwners();
    const payments = history.payment_transactions.map((row) =>
      row.kafka_offset === 2 ? { ...row, writer_epoch: 3 } : row,
    );
    const { guarantees } = await verify(inputsOf({ ...history, payment_transactions: payments }));
    expect(guarantees.G5.findings).toContainEqual(
      expect.objectContaining({ kind: 'epoch_went_back', offsets: [3, 2] }),
    );
  });
});
