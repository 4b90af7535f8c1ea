/**
 * What the processor needs of any sink (processor/ports/sink.ts): claims, fences, rows that are there once, checkpoints. The same body for every
 * sink; what takes time goes through `settle`.
 */
import { describe, expect, it } from 'vitest';
import { WriterLostError } from '../../base/errors.ts';
import { AcceptedBatch } from '../../payments/accepted-batch.ts';
import { DATA_TABLES } from '../../payments/types.ts';
import type { PartitionWriter, Sink, WonClaim } from '../../processor/ports.ts';
import { acceptedRow, settings } from '../../sinks/bigquery/testing/sample-rows.ts';
import { checkpointAt, foldRecords, liveOnce, seeds, TOPIC } from '../../sinks/delta/testing/delta-fixture.ts';

export interface SinksUnderTest {
  /** The sink as another process has it. */
  process(): Sink;
  /** Sees the promise through; rejects as it does. */
  settle<T>(promise: Promise<T>): Promise<T>;
}

const TERMS = { settleTimeoutMs: 60_000, gatherMs: 1_000, onCheckpoint: () => {} };
const END_OFFSET = 40;
const LIFE = { partition: 0, endOffset: END_OFFSET, batch: 7, checkpointEvery: 2 };

export function sinkContract(name: string, make: () => Promise<SinksUnderTest>): void {
  describe(`the sink port on ${name}`, () => {
    it('seeds rows that are missing, once, from several processes at once', async () => {
      const { process, settle } = await make();
      const [a, b] = [process(), process()];
      await settle(Promise.all([a.seed(TOPIC, seeds(2)), b.seed(TOPIC, seeds(3))]));
      const rows = await settle(a.readOwnership(TOPIC));
      expect(rows.map(({ partition, epoch }) => [partition, epoch])).toEqual([
        [0, 0],
        [1, 0],
        [2, 0],
      ]);
      expect(await settle(b.topics())).toEqual([TOPIC]);
    });

    it('of concurrent claims on one epoch one wins, and the other learns who it is', async () => {
      const { process, settle } = await make();
      const [a, b] = [process(), process()];
      await settle(a.seed(TOPIC, seeds(2)));
      const rows = await settle(a.readOwnership(TOPIC));
      const [byA, byB] = await settle(Promise.all([a.claim(TOPIC, 'a', rows), b.claim(TOPIC, 'b', rows)]));
      for (const [i] of rows.entries()) {
        const [ofA, ofB] = [byA[i]!, byB[i]!];
        expect([ofA, ofB].filter(({ won }) => won !== undefined)).toHaveLength(1);
        expect(ofA.row!.claimId).toBe(ofB.row!.claimId);
        expect(ofA.row!.epoch).toBe(1);
      }
    });

    it('has the rows of several owners after one another once, and their checkpoints', async () => {
      const { process, settle } = await make();
      const reader = process();
      await settle(reader.seed(TOPIC, seeds(1)));
      for (const [owner, endOffset] of [
        ['first', 13],
        ['second', 26],
        ['third', END_OFFSET],
      ] as const)
        expect(await settle(liveOnce({ sink: process() }, owner, { ...LIFE, endOffset }))).toBe('drained');
      expect(await settle(offsetsOf(reader, 0))).toEqual(expectedOffsets());
      const checkpoint = await settle(reader.latestCheckpoint(TOPIC, 0));
      expect(checkpoint).toMatchObject({
        nextOffset: END_OFFSET,
        writerEpoch: 3,
        owner: 'third',
        stateDigest: `v1:${END_OFFSET}`,
      });
      expect(await settle(reader.tablesWithRows(DATA_TABLES, 0, 37))).toEqual(
        new Set(['payment_transactions', 'payment_transactions_fraud', 'payment_exceptions']),
      );
      expect(await settle(reader.tablesWithRows(DATA_TABLES, 0, END_OFFSET))).toEqual(new Set());
    });

    it('finds rows past the checkpoint of an owner that ended, and does not take them twice', async () => {
      const { process, settle } = await make();
      const reader = process();
      await settle(reader.seed(TOPIC, seeds(1)));
      const { writer } = await settle(taken(process(), 'cut'));
      await settle(append(writer, [1, 2], 3));
      const won = await settle(claimed(process(), 'next'));
      const { checkpointOffset, reached } = await settle(won.fence(TERMS, new AbortController().signal));
      expect(checkpointOffset).toBe(0);
      expect(DATA_TABLES.map((table) => reached[table].next)).toEqual([3, 0, 0, 0]);
      expect(await settle(liveOnce({ sink: process() }, 'last', LIFE))).toBe('drained');
      expect(await settle(offsetsOf(reader, 0))).toEqual(expectedOffsets());
    });

    it('finds out that the log yields another row than the one that is there', async () => {
      const { process, settle } = await make();
      await settle(process().seed(TOPIC, seeds(1)));
      const { writer } = await settle(taken(process(), 'cut'));
      await settle(append(writer, [1, 2], 3));
      const other = liveOnce({ sink: process() }, 'other', { ...LIFE, content: '!' });
      await expect(settle(other)).rejects.toThrow(/differs|left/);
      expect(await settle(liveOnce({ sink: process() }, 'same', LIFE))).toBe('drained');
    });

    it('lets nothing of an earlier owner land after a fence', async () => {
      const { process, settle } = await make();
      const reader = process();
      await settle(reader.seed(TOPIC, seeds(1)));
      const { won, writer } = await settle(taken(process(), 'old'));
      const next = await settle(claimed(process(), 'new'));
      await settle(next.fence(TERMS, new AbortController().signal));
      await expect(settle(append(writer, [1], 2))).rejects.toThrow(WriterLostError);
      await expect(settle(append(writer, [4], 5))).rejects.toThrow(WriterLostError);
      await expect(settle(writer.beginCheckpoint()(checkpointAt(won.ownership, 2, 0)))).rejects.toThrow(
        WriterLostError,
      );
      expect(await settle(liveOnce({ sink: process() }, 'last', LIFE))).toBe('drained');
      expect(await settle(offsetsOf(reader, 0))).toEqual(expectedOffsets());
    });

    it('appends a settings entry once, and only while the claim holds', async () => {
      const { process, settle } = await make();
      const reader = process();
      await settle(reader.seed(TOPIC, seeds(1)));
      const won = await settle(claimed(process(), 'owner'));
      await settle(won.addEntry(settings(5, '7')));
      await settle(won.addEntry(settings(5, '7')));
      const fromOffsets = async () =>
        (await settle(reader.readOwnership(TOPIC)))[0]!.history.map(({ fromOffset }) => fromOffset);
      expect(await fromOffsets()).toEqual([0, 5]);
      await settle(claimed(process(), 'later'));
      await settle(won.addEntry(settings(9, '8')));
      expect(await fromOffsets()).toEqual([0, 5]);
    });

    it('keeps the first schema of an id', async () => {
      const { process, settle } = await make();
      const sink = process();
      await settle(sink.putSchema({ id: 7, sha256: 'a', text: '{}' }));
      await settle(process().putSchema({ id: 7, sha256: 'b', text: '[]' }));
      expect(await settle(sink.readSchemas([7, 8]))).toEqual([{ id: 7, sha256: 'a', text: '{}' }]);
    });
  });
}

async function claimed(sink: Sink, owner: string): Promise<WonClaim> {
  const rows = await sink.readOwnership(TOPIC);
  return (await sink.claim(TOPIC, owner, rows.slice(0, 1)))[0]!.won!;
}

async function taken(sink: Sink, owner: string): Promise<{ won: WonClaim; writer: PartitionWriter }> {
  const won = await claimed(sink, owner);
  await won.fence(TERMS, new AbortController().signal);
  return { won, writer: won.open() };
}

/** The rows that the fold of these records has in payment_transactions. */
function append(writer: PartitionWriter, offsets: readonly number[], toOffset: number): Promise<void> {
  const accepted = offsets.map((offset) =>
    acceptedRow(offset, { transactionId: `0/${offset}${settings(0).decision.maxAmount}` }),
  );
  const rows = AcceptedBatch.of(accepted);
  return writer.append('payment_transactions', { rows, from: 0, to: rows.length }, toOffset).landed;
}

async function offsetsOf(sink: Sink, partition: number): Promise<number[]> {
  const offsets: number[] = [];
  for await (const rows of sink.payments(partition, END_OFFSET, 0))
    offsets.push(...rows.map(({ kafkaOffset }) => kafkaOffset));
  return offsets;
}

function expectedOffsets(): number[] {
  return foldRecords(0, 0, END_OFFSET).accepted.map(({ kafkaOffset }) => kafkaOffset);
}
