/** What a takeover believes of a checkpoint, and what it compares rows with: recomputed, column by column. */
import { describe, expect, test } from 'vitest';
import type { CheckpointCells } from '../inputs/verify-inputs.ts';
import { event, faultless, inputsOf, ownershipOf, type PartitionHistory, record } from '../testing/history.ts';
import { found, records, verdictOf } from '../testing/judged.ts';
import { verify } from '../verify.ts';

function withCheckpoint(changes: Partial<CheckpointCells>, index = 1): PartitionHistory {
  const history = faultless(records(), { checkpointsAt: [2, 9, 14] });
  history.checkpoints[index] = { ...history.checkpoints[index]!, ...changes };
  return history;
}

describe('state_digest', () => {
  test('one digit of it', async () => {
    const { state_digest } = faultless(records(), { checkpointsAt: [2, 9, 14] }).checkpoints[1]!;
    const changed = state_digest.replace(/.$/, (digit) => (digit === '0' ? '1' : '0'));
    const { guarantees } = await verify(inputsOf(withCheckpoint({ state_digest: changed })));
    expect(guarantees.G6.findings).toMatchObject([
      { kind: 'digest_differs', offsets: [9], expected: state_digest, actual: changed },
    ]);
  });

  test.each(['v2:', 'v0:', '', 'v11:'])(
    'prefix %j: an unknown layout proves nothing, and is refused',
    async (prefix) => {
      const digest = `${prefix}${'0'.repeat(32)}`;
      expect((await found(withCheckpoint({ state_digest: digest }))).G6).toEqual(['digest_unknown']);
    },
  );

  test('is judged at the checkpoint that a cut log is taken up from, out of the rows that are trusted', async () => {
    const history = faultless(records(), { checkpointsAt: [4, 8, 14] });
    history.logStart = 6;
    expect(await verdictOf(history)).toBe('PASS');
    history.payment_transactions[7] = { ...history.payment_transactions[7]!, device_id: 'another' };
    expect((await found(history)).G6).toContain('digest_differs');
  });

  test('of nothing accepted yet is known too', async () => {
    const history = faultless([record(0, '{'), record(1, '{')], { checkpointsAt: [1, 2] });
    expect(await verdictOf(history)).toBe('PASS');
    history.checkpoints[0] = { ...history.checkpoints[0]!, state_digest: history.checkpoints[1]!.state_digest };
    expect((await found(history)).G6).toEqual(['digest_differs']);
  });
});

describe('record_fingerprint', () => {
  test.each([
    ['of another record', '7:0123456789abcdef'],
    ['of the right offset and other bytes', '8:0123456789abcdef'],
    ['none', null],
    ['of no form', 'x'],
  ])('%s', async (_, record_fingerprint) => {
    expect((await found(withCheckpoint({ record_fingerprint }))).G6).toEqual(['fingerprint_differs']);
  });

  test('changed in the only checkpoint is a finding against it, and not another log', async () => {
    const history = faultless(records());
    history.checkpoints[0] = { ...history.checkpoints[0]!, record_fingerprint: '13:0123456789abcdef' };
    expect((await found(history)).G6).toEqual(['fingerprint_differs']);
  });
});

describe('stream_offsets', () => {
  test.each(['payment_transactions', 'payment_transactions_fraud', 'payment_metrics_partials', 'payment_exceptions'])(
    'another number of rows of %s',
    async (table) => {
      const said = JSON.parse(faultless(records(), { checkpointsAt: [9] }).checkpoints[0]!.stream_offsets);
      const stream_offsets = JSON.stringify({ ...said, [table]: said[table] + 1 });
      const { guarantees } = await verify(inputsOf(withCheckpoint({ stream_offsets })));
      expect(guarantees.G6.findings).toMatchObject([
        { kind: 'stream_offset_differs', expected: String(said[table]), actual: String(said[table] + 1) },
      ]);
    },
  );

  test.each(['', '[]', 'null', '{"payment_transactions":"9"}'])('%j says nothing', async (stream_offsets) => {
    const kinds = (await found(withCheckpoint({ stream_offsets }))).G6;
    expect(new Set(kinds)).toEqual(new Set(['stream_offset_differs']));
  });
});

describe('counters', () => {
  test('of deleted payments: the finding blames the tables, not the checkpoint', async () => {
    const history = faultless(records());
    history.payment_transactions.splice(3, 1);
    const { guarantees } = await verify(inputsOf(history));
    expect(guarantees.G6.findings[0]).toMatchObject({
      kind: 'counters_differ_from_tables',
      expected: 'accepted 10, duplicates 2, late 1, rejected 1',
      actual: 'accepted 9, duplicates 2, late 1, rejected 1',
      message: expect.stringContaining('the tables do not have their rows'),
    });
  });

  test('of a changed checkpoint: the finding blames the checkpoint', async () => {
    const history = faultless(records());
    const last = history.checkpoints[0]!;
    history.checkpoints[0] = { ...last, accepted: last.accepted + 1, consumed: last.consumed + 1 };
    const { guarantees } = await verify(inputsOf(history));
    expect(guarantees.G6.findings[0]).toMatchObject({
      kind: 'counters_differ_from_tables',
      expected: 'accepted 10, duplicates 2, late 1, rejected 1',
      actual: 'accepted 11, duplicates 2, late 1, rejected 1',
      message: expect.stringContaining('does not count the rows below it'),
    });
  });
});

describe('payment_exceptions', () => {
  test.each([
    ['the hash of a duplicate', 0, { payload_hash: '0123456789abcdef' }],
    ['the hash of a late one', 2, { payload_hash: '0123456789abcdef' }],
    ['the hash of a rejected value', 3, { payload_hash: '0123456789abcdef' }],
    ['a hash that is gone', 3, { payload_hash: null }],
    ['first_kafka_offset', 0, { first_kafka_offset: 8 }],
    ['conflict', 1, { conflict: false }],
    ['record_time', 2, { record_time: 1 }],
    ['record_time of a rejected one', 3, { record_time: 1 }],
  ])('%s', async (_, index, changes) => {
    const history = faultless(records());
    history.payment_exceptions[index] = { ...history.payment_exceptions[index]!, ...changes };
    expect((await found(history)).G5).toEqual(['columns_differ']);
  });
});

describe('partition_ownership', () => {
  test.each([
    [
      'a history that goes back',
      { history: [5, 3].map((fromOffset) => ({ ...ownershipOf(0).history[0]!, fromOffset })) },
    ],
    ['a history that starts after the partition', { history: [{ ...ownershipOf(0).history[0]!, fromOffset: 2 }] }],
    [
      'ranges given up that overlap',
      {
        skipped: [
          { from: 20, to: 25, reason: 'x', by: 'me', atMs: 0 },
          { from: 24, to: 26, reason: 'x', by: 'me', atMs: 0 },
        ],
      },
    ],
  ])('%s', async (_, changes) => {
    const history = faultless(records());
    history.ownership = { ...history.ownership, ...changes };
    expect((await found(history)).G6).toContain('ownership_contradicts');
  });

  test('a start below the first offset that there is, by these words', async () => {
    const history = faultless(records());
    history.ownership = { ...history.ownership, startOffset: -1 };
    const { guarantees } = await verify(inputsOf(history));
    expect(guarantees.G6.findings.map(({ message }) => message).join()).toContain('start_offset -1 is below 0');
  });

  test('rows that disagree on how many partitions there are', async () => {
    const first = faultless(records(), { ownership: ownershipOf(0, { partitionCount: 2 }) });
    const second = faultless([record(0, event('z', 0, { sender_account_id: 'z' }))], {
      ownership: ownershipOf(1, { partitionCount: 3 }),
    });
    const { guarantees } = await verify(inputsOf(first, second));
    expect(guarantees.G6.findings.map(({ kind }) => kind)).toEqual(['partition_count_differs']);
  });
});
