import { setImmediate as later } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { ConfigurationError, OwnershipLostError } from '../base/errors.ts';
import { DEFAULT_DECISION_SETTINGS, defaultFixedSettings } from '../payments/settings.ts';
import { silentObserver } from '../processor/events.ts';
import type { LogBounds, SkippedRange } from '../processor/ports.ts';
import { operatorSink } from '../sinks/bigquery/operator-sink.ts';
import type { Claim, OwnershipRow, SinkQueries, WriteStreams } from '../sinks/bigquery/ports.ts';
import type { OperatorPorts } from './hold-partitions.ts';
import { planSkip, type SkipOrder, skipOffsets } from './skip.ts';

const given = (from: number, to: number): SkippedRange => ({ from, to, reason: 'gone', by: 'ann', atMs: 0 });
const never = new AbortController().signal;

interface Sink {
  row: OwnershipRow;
  readonly done: string[];
  /** Another process claims the partition before each put, or each claim; or while it is fenced, and checkpoints at 110. */
  rival: 'none' | 'before the put' | 'before every claim' | 'once at a fence' | 'at every fence';
  /** The epoch of the greatest checkpoint. */
  checkpointEpoch: number;
}

/** Partition 0 is judged below 100, and has rows below 110. */
function sinkAt(skipped: readonly SkippedRange[] = []): Sink {
  const row: OwnershipRow = {
    topic: 't',
    partition: 0,
    epoch: 4,
    owner: 'a',
    claimId: 'of a',
    streams: [{ epoch: 4, table: 'payment_exceptions', name: 's', createdAtMs: 0 }],
    partitionCount: 1,
    startOffset: 0,
    fixed: defaultFixedSettings(0),
    history: [{ fromOffset: 0, foldVersion: 1, decision: DEFAULT_DECISION_SETTINGS }],
    skipped,
    claimedAtMs: 0,
  };
  return { row, done: [], rival: 'none', checkpointEpoch: 4 };
}

function portsOver(sink: Sink, log: LogBounds = { startOffset: 0, endOffset: 200 }): OperatorPorts {
  const claimed = (claimId: string, owner = claimId): void => {
    sink.row = { ...sink.row, epoch: sink.row.epoch + 1, claimId, owner };
  };
  const queries = {
    readOwnership: async () => [sink.row],
    claim: async (_: string, [claim]: readonly Claim[]) => {
      sink.done.push('claim');
      if (sink.rival === 'before every claim') claimed('rival');
      if (claim!.expectedEpoch === sink.row.epoch) claimed(claim!.claimId, claim!.owner);
    },
    putSkipped: async (...[, , claimId, skipped, streams]: Parameters<SinkQueries['putSkipped']>) => {
      sink.done.push('put');
      // A statement takes time: a reader that does not wait for it sees the old state.
      await later();
      if (sink.rival === 'before the put') claimed('rival');
      if (claimId === sink.row.claimId) sink.row = { ...sink.row, skipped, streams };
    },
    removeRows: async (table: string) => void sink.done.push(`remove ${table}`),
    latestCheckpoint: async () => ({
      nextOffset: sink.checkpointEpoch === 4 ? 100 : 110,
      writerEpoch: sink.checkpointEpoch,
      streamOffsets: { payment_exceptions: 7 },
    }),
    tablesWithRows: async () => new Set<string>(),
    rowsFrom: async (table: string) =>
      table === 'payment_exceptions' && sink.checkpointEpoch === 4
        ? [{ row: { kafkaOffset: 109 }, writerEpoch: 4 }]
        : [],
  };
  let ids = 0;
  const runtime = {
    nowMs: () => 5,
    monotonicMs: () => 5,
    sleep: async () => {},
    random: () => 0,
    uuid: () => `id ${++ids}`,
  };
  const streams: WriteStreams = {
    create: async () => 'none',
    open: () => {
      throw new Error('an operator appends nothing');
    },
    finalize: async () => {
      sink.done.push('finalize');
      if (sink.rival === 'once at a fence' || sink.rival === 'at every fence') {
        claimed('rival');
        sink.checkpointEpoch = sink.row.epoch;
        if (sink.rival === 'once at a fence') sink.rival = 'none';
      }
      return { state: 'finalized', rowCount: 8 };
    },
  };
  const common = { runtime, observer: silentObserver };
  const operator = operatorSink({ ...common, queries: queries as unknown as SinkQueries, streams });
  return { ...common, sink: operator, bounds: async () => log };
}

function order(from: number, to: number, over: Partial<SkipOrder> = {}): SkipOrder {
  return { topic: 't', partition: 0, from, to, reason: 'unreadable', by: 'ann', removeRows: false, ...over };
}

async function refusal(asked: SkipOrder, sink = sinkAt(), log?: LogBounds): Promise<string> {
  const error = await skipOffsets(asked, portsOver(sink, log), never).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ConfigurationError);
  expect(sink.done).toEqual([]);
  return (error as Error).message;
}

describe('skip', () => {
  it('claims, fences, and then puts the range beside those there are', async () => {
    const sink = sinkAt([given(150, 160)]);
    const plan = await skipOffsets(order(110, 120), portsOver(sink), never);
    expect(plan).toMatchObject({ checkpointOffset: 100, resumeOffset: 110, isDone: false, warnings: [] });
    expect(sink.done).toEqual(['claim', 'finalize', 'put']);
    const range = { from: 110, to: 120, reason: 'unreadable', by: 'ann', atMs: 5 };
    expect(sink.row).toMatchObject({ epoch: 5, owner: 'skip by ann', skipped: [range, given(150, 160)] });
    expect(sink.row.streams).toHaveLength(1);
  });

  it('claims again where another process claimed while it fenced: its checkpoint is no contradiction', async () => {
    const sink = sinkAt();
    sink.rival = 'once at a fence';
    const plan = await skipOffsets(order(110, 120), portsOver(sink), never);
    expect(plan).toMatchObject({ checkpointOffset: 110, resumeOffset: 110 });
    expect(sink.done).toEqual(['claim', 'finalize', 'claim', 'finalize', 'put']);
    expect(sink.row).toMatchObject({ epoch: 7, owner: 'skip by ann' });
  });

  it('gives up, and changes nothing, where others claim at every fence', async () => {
    const sink = sinkAt();
    sink.rival = 'at every fence';
    const skipping = skipOffsets(order(110, 120), portsOver(sink), never);
    await expect(skipping).rejects.toThrow(OwnershipLostError);
    expect(sink.done).not.toContain('put');
  });

  it('stops for a checkpoint of a later epoch where nobody claimed since: someone changed the tables', async () => {
    const sink = sinkAt();
    sink.checkpointEpoch = 9;
    const skipping = skipOffsets(order(110, 120), portsOver(sink), never);
    await expect(skipping).rejects.toMatchObject({ name: 'ContradictionError', code: 'ownership_rows' });
    expect(sink.done).toEqual(['claim', 'finalize']);
  });

  it('only looks in a dry run, and once the range is there', async () => {
    const sink = sinkAt();
    expect(await planSkip(order(110, 120), portsOver(sink))).toMatchObject({ isDone: false, resumeOffset: 110 });
    expect(sink.done).toEqual([]);
    const done = sinkAt([given(110, 120)]);
    expect(await skipOffsets(order(110, 120), portsOver(done), never)).toMatchObject({ isDone: true });
    expect(done.done.filter((what) => !what.startsWith('remove'))).toEqual([]);
  });

  it('refuses what makes no sense before it fences anybody', async () => {
    expect(await refusal(order(99, 120))).toMatch(/everything below offset 100 is judged already/);
    expect(await refusal(order(105, 120))).toMatch(/rows up to offset 109 .* Start the range at 110/);
    expect(await refusal(order(110, 201))).toMatch(/the log of partition 0 ends at 200/);
    expect(await refusal(order(120, 120))).toMatch(/must be greater than --from/);
    expect(await refusal(order(110, 120, { reason: ' ', by: '' }))).toMatch(/--reason.*\n--by/);
    expect(await refusal(order(110, 120, { partition: 7 }))).toMatch(/has no such partition here.*0 to 0/);
    expect(await refusal(order(110, 155), sinkAt([given(150, 160)]))).toMatch(/150 to 159 are given up already/);
  });

  it('warns where the log has lost more than the range covers', async () => {
    const log = { startOffset: 130, endOffset: 200 };
    const ports = portsOver(sinkAt([given(115, 125)]), log);
    const partly = order(100, 120, { removeRows: true });
    await expect(planSkip(partly, ports)).rejects.toThrow('given up already');
    const { warnings } = await planSkip(order(100, 120, { removeRows: true }), portsOver(sinkAt(), log));
    expect(warnings).toEqual([expect.stringContaining('offsets 120 to 129 are neither judged nor given up')]);
  });

  it('takes rows that cannot be folded again with the range, if told so, and all of them', async () => {
    const log = { startOffset: 105, endOffset: 200 };
    const behind = await planSkip(order(110, 120), portsOver(sinkAt(), log));
    expect(behind.warnings).toEqual([
      expect.stringMatching(/offsets 100 to 109 are neither .* --from 100 --to 110 .*--remove-rows/),
    ]);
    expect(await refusal(order(100, 120), sinkAt(), log)).toMatch(
      /offsets 100 to 109 .*: provenonce skip .*--from 100 --to 120 .*--remove-rows/,
    );
    expect(await refusal(order(100, 108, { removeRows: true }), sinkAt(), log)).toMatch(/cover them/);
    const sink = sinkAt();
    const plan = await skipOffsets(order(100, 120, { removeRows: true }), portsOver(sink, log), never);
    expect(plan.removesRows).toBe(true);
    expect(sink.done.slice(0, 4)).toEqual(['claim', 'finalize', 'put', 'remove payment_transactions']);
    expect(sink.done).toHaveLength(7);
    expect(sink.row.streams).toEqual([]);
  });

  it('takes rows along that lie around a range given up before, and puts the rest of the range beside it', async () => {
    const log = { startOffset: 130, endOffset: 200 };
    const sink = sinkAt([given(102, 105), given(112, 114)]);
    const all = order(100, 130, { removeRows: true });
    const plan = await skipOffsets(all, portsOver(sink, log), never);
    expect([plan.removesRows, plan.warnings]).toEqual([true, []]);
    const ranges = (row: OwnershipRow) => row.skipped.map(({ from, to, by }) => [from, to, by]);
    const expected = [
      [100, 102, 'ann'],
      [102, 105, 'ann'],
      [105, 112, 'ann'],
      [112, 114, 'ann'],
      [114, 130, 'ann'],
    ];
    expect(ranges(sink.row)).toEqual(expected);
    expect(sink.row.streams).toEqual([]);
    expect(sink.done.filter((what) => what.startsWith('remove'))).toHaveLength(4);
    // After a crash before the removal, the removal is repeated, and nothing is put.
    expect(await skipOffsets(all, portsOver(sink, log), never)).toMatchObject({ isDone: true });
    expect(sink.done.filter((what) => what.startsWith('remove'))).toHaveLength(8);
    expect(ranges(sink.row)).toEqual(expected);
  });

  it('changes nothing when another claims the partition before the range is put', async () => {
    const sink: Sink = { ...sinkAt(), rival: 'before the put' };
    await expect(skipOffsets(order(110, 120), portsOver(sink), never)).rejects.toThrow(OwnershipLostError);
    expect(sink.row.skipped).toEqual([]);
  });

  it('gives way to processors that keep claiming, after some attempts', async () => {
    const sink: Sink = { ...sinkAt(), rival: 'before every claim' };
    await expect(skipOffsets(order(110, 120), portsOver(sink), never)).rejects.toThrow(/Stop the processors/);
    expect(sink.done).toEqual(Array.from({ length: 6 }, () => 'claim'));
  });
});
