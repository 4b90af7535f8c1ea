/**
 * What the protocol needs of BigQuery's queries and conditional updates: one UPDATE and a read decide who owns a
 * partition, and queries give its position. Runs unchanged on the simulated and on the real sink.
 *
 * Left to the real one (src/bigquery): exact values through Arrow, SQL and JSON, rows damaged by hand, and which of two
 * checkpoints with the same offset a query gives (the simulation draws one: nothing may depend on it).
 */

import { describe, expect, test } from 'vitest';
import { sha256Hex } from '../../base/text/sha256.ts';
import type { AppendTable } from '../../payments/types.ts';
import type { Seed, SkippedRange } from '../../processor/ports.ts';
import type {
  AppendRows,
  CheckpointRow,
  Claim,
  RowStamp,
  RulesRow,
  StoredEntry,
  StoredOwnership,
  StreamRef,
} from '../../sinks/bigquery/ports.ts';
import { batchOf } from '../../sinks/bigquery/rows/batch-of.ts';
import {
  acceptedRow,
  checkpoint,
  FIXED,
  MINUTE_MS,
  NOON_MS,
  partialRow,
  STAMP,
  settings,
} from '../../sinks/bigquery/testing/sample-rows.ts';
import type { MakeSink, SinkUnderTest } from './testing/sink-under-test.ts';

export function sinkQueriesContract(name: string, makeSink: MakeSink): void {
  describe(`queries of ${name}`, () => {
    seeding(makeSink);
    claims(makeSink);
    settingsHistory(makeSink);
    rules(makeSink);
    histories(makeSink);
    skippedOffsets(makeSink);
    checkpoints(makeSink);
    rows(makeSink);
  });
}

function seeds(partitionCount: number): Seed[] {
  return Array.from({ length: partitionCount }, (_, partition) => ({
    partition,
    partitionCount,
    startOffset: partition * 10,
    fixed: FIXED,
    history: [settings(partition * 10)],
  }));
}

function streams(epoch: number): StreamRef[] {
  const name = `projects/p/datasets/d/tables/payment_transactions/streams/${epoch}`;
  return [{ epoch, table: 'payment_transactions', name, createdAtMs: NOON_MS }];
}

function claim(claimId: string, expectedEpoch: number, partition = 0): Claim {
  return { partition, expectedEpoch, claimId, owner: `it's ${claimId}; --`, streams: streams(expectedEpoch + 1) };
}

function ownership(sink: SinkUnderTest): Promise<StoredOwnership[]> {
  return sink.settle(sink.queries.readOwnership(sink.topic));
}

/** Appends rows through a stream of their own. */
async function append<T extends AppendTable>(
  sink: SinkUnderTest,
  table: T,
  appended: readonly AppendRows[T][],
  stamp: Partial<RowStamp> = {},
): Promise<void> {
  const name = await sink.settle(sink.streams.create(table));
  const appender = sink.streams.open({ epoch: 1, table, name, createdAtMs: sink.runtime.nowMs() });
  await sink.settle(
    appender.append(
      sink.encoder.encode(table, batchOf(table, appended), { ...STAMP, partition: sink.partition, ...stamp }),
    ),
  );
  appender.close();
}

function seeding(makeSink: MakeSink): void {
  test('seeding from several processes at once gives one row per partition, and touches none that is there', async () => {
    await using sink = await makeSink();
    const processes = [sink, sink.another(), sink, sink.another()];
    await sink.settle(Promise.all(processes.map(({ queries }) => queries.seed(sink.topic, seeds(4)))));
    const seeded = await ownership(sink);
    expect(seeded.map(({ partition }) => partition)).toEqual([0, 1, 2, 3]);
    expect(seeded[2]).toEqual({
      topic: sink.topic,
      partition: 2,
      epoch: 0,
      owner: '',
      claimId: '',
      streams: [],
      partitionCount: 4,
      startOffset: 20,
      fixed: FIXED,
      history: [settings(20)],
      skipped: [],
      claimedAtMs: expect.any(Number),
    });
    await sink.settle(sink.queries.claim(sink.topic, [claim('mine', 0, 1)]));
    const claimed = await ownership(sink);
    const other = { ...seeds(6)[1]!, startOffset: 999 };
    await sink.settle(sink.queries.seed(sink.topic, [other, ...seeds(6).slice(4)]));
    const after = await ownership(sink);
    expect(after.slice(0, 4)).toEqual(claimed);
    expect(after.map(({ partition }) => partition)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test('topics are those that rows were seeded for; another topic has none', async () => {
    await using sink = await makeSink();
    expect(await sink.settle(sink.queries.topics())).not.toContain(sink.topic);
    await sink.settle(sink.queries.seed(sink.topic, seeds(2)));
    expect(await sink.settle(sink.queries.topics())).toContain(sink.topic);
    expect(await sink.settle(sink.queries.readOwnership(`${sink.topic}-other`))).toEqual([]);
  });
}

function claims(makeSink: MakeSink): void {
  test('of 8 concurrent claims on one epoch exactly one wins, as each reads back; the row is whole', async () => {
    await using sink = await makeSink();
    await sink.settle(sink.queries.seed(sink.topic, seeds(1)));
    for (let epoch = 0; epoch < 2; epoch++) {
      const won = await sink.settle(
        Promise.all(
          Array.from({ length: 8 }, async (_, i) => {
            const { queries } = i % 2 === 0 ? sink : sink.another();
            await queries.claim(sink.topic, [claim(`claim-${epoch}-${i}`, epoch)]);
            const [row] = await queries.readOwnership(sink.topic);
            return row!.claimId === `claim-${epoch}-${i}`;
          }),
        ),
      );
      expect(won.filter(Boolean)).toHaveLength(1);
      const [row] = await ownership(sink);
      const winner = `claim-${epoch}-${won.indexOf(true)}`;
      const { expectedEpoch: _, ...claimed } = claim(winner, epoch);
      expect(row).toMatchObject({ ...claimed, epoch: epoch + 1, startOffset: 0, history: [settings(0)] });
    }
  });

  test('a claim that lost, or comes with an epoch that is not there, changes nothing', async () => {
    await using sink = await makeSink();
    await sink.settle(sink.queries.seed(sink.topic, seeds(2)));
    await sink.settle(sink.queries.claim(sink.topic, [claim('first', 0)]));
    const before = await ownership(sink);
    for (const lost of [claim('second', 0), claim('early', 2), claim('elsewhere', 0, 7)]) {
      await sink.settle(sink.another().queries.claim(sink.topic, [lost]));
    }
    await sink.settle(sink.queries.claim(`${sink.topic}-other`, [claim('other topic', 1)]));
    await sink.settle(sink.queries.claim(sink.topic, []));
    expect(await ownership(sink)).toEqual(before);
  });

  test('claims of several partitions go together, each on its own condition', async () => {
    await using sink = await makeSink();
    await sink.settle(sink.queries.seed(sink.topic, seeds(3)));
    await sink.settle(sink.queries.claim(sink.topic, [claim('a', 0, 1)]));
    await sink.settle(sink.queries.claim(sink.topic, [claim('b', 0, 0), claim('c', 0, 1), claim('d', 0, 2)]));
    expect((await ownership(sink)).map(({ claimId, epoch }) => [claimId, epoch])).toEqual([
      ['b', 1],
      ['a', 1],
      ['d', 1],
    ]);
    await sink.settle(sink.queries.claim(sink.topic, [claim('e', 1, 1)]));
    expect((await ownership(sink))[1]).toMatchObject({ claimId: 'e', epoch: 2, startOffset: 10, streams: streams(2) });
  });
}

function settingsHistory(makeSink: MakeSink): void {
  test('settings are added under the claim that holds only, and once, however often they are asked for', async () => {
    await using sink = await makeSink();
    await sink.settle(sink.queries.seed(sink.topic, seeds(2)));
    await sink.settle(sink.queries.claim(sink.topic, [claim('ours', 0, 1)]));
    const entry = settings(500, '12.5');
    await sink.settle(sink.another().queries.addSettings(sink.topic, 1, 'theirs', settings(400)));
    await sink.settle(sink.queries.addSettings(sink.topic, 1, 'ours', entry));
    await sink.settle(sink.queries.addSettings(sink.topic, 1, 'ours', entry));
    const [zero, one] = await ownership(sink);
    expect(zero!.history).toEqual([settings(0)]);
    expect(one!.history).toEqual([settings(10), entry]);
    await sink.settle(sink.another().queries.claim(sink.topic, [claim('next', 1, 1)]));
    await sink.settle(sink.queries.addSettings(sink.topic, 1, 'ours', settings(600)));
    expect((await ownership(sink))[1]!.history).toEqual([settings(10), entry]);
  });
}

function rules(makeSink: MakeSink): void {
  test('texts of rules are put by several processes at once, found by their digest, and named by an entry', async () => {
    await using sink = await makeSink();
    const long = `{"text":"${'é"\\\\ '.repeat(9_000)}"}`;
    const rowOf = (revision: number, text: string): RulesRow => ({ revision, text, sha256: sha256Hex(text) });
    const [one, two] = [rowOf(1, `{"of":"${sink.topic}"}`), rowOf(2, long)];
    const processes = [sink, sink.another(), sink, sink.another()];
    await sink.settle(Promise.all(processes.map(({ queries }) => queries.putRules(one))));
    await sink.settle(sink.queries.putRules(two));
    await sink.settle(sink.queries.putRules(two));
    const asked = [two.sha256, one.sha256, sha256Hex('nowhere')];
    const found = await sink.settle(sink.another().queries.readRules(asked));
    // Statements that run side by side may put a text twice.
    expect(found.every((row) => [one, two].some(({ sha256 }) => sha256 === row.sha256))).toBe(true);
    expect(found).toContainEqual(one);
    expect(found.filter(({ revision }) => revision === 2)).toEqual([two]);
    expect(await sink.settle(sink.queries.readRules([]))).toEqual([]);

    const entry: StoredEntry = { ...settings(0), revision: 2, rules: { revision: 2, sha256: two.sha256 } };
    await sink.settle(sink.queries.seed(sink.topic, [{ ...seeds(1)[0]!, history: [entry] }]));
    await sink.settle(sink.queries.claim(sink.topic, [claim('ours', 0)]));
    const later: StoredEntry = { ...entry, fromOffset: 9, revision: 7 };
    await sink.settle(sink.queries.addSettings(sink.topic, 0, 'ours', later));
    expect((await ownership(sink))[0]!.history).toEqual([entry, later]);
  });
}

function histories(makeSink: MakeSink): void {
  test('histories of several partitions are put if each claim holds, and none of them if one does not', async () => {
    await using sink = await makeSink();
    await sink.settle(sink.queries.seed(sink.topic, seeds(3)));
    await sink.settle(sink.queries.claim(sink.topic, [claim('a', 0, 0), claim('b', 0, 1), claim('c', 0, 2)]));
    const generation = { partitions: 6, floorMs: NOON_MS, sources: [{ partition: 0, offset: 70 }] };
    const changed = (partition: number, claimId: string) => ({
      partition,
      claimId,
      history: [settings(partition * 10), { ...settings(70), generation }],
    });
    await sink.settle(sink.queries.claim(sink.topic, [claim('rival', 1, 1)]));
    const before = await ownership(sink);
    await sink.settle(sink.queries.putHistories(sink.topic, [changed(0, 'a'), changed(1, 'b'), changed(2, 'c')]));
    expect(await ownership(sink)).toEqual(before);
    const held = [changed(0, 'a'), changed(1, 'rival'), changed(2, 'c')];
    for (let again = 0; again < 2; again++) await sink.settle(sink.another().queries.putHistories(sink.topic, held));
    const after = await ownership(sink);
    expect(after).toEqual(before.map((row, i) => ({ ...row, history: held[i]!.history })));
  });
}

function skippedOffsets(makeSink: MakeSink): void {
  const range: SkippedRange = { from: 3, to: 9, reason: 'it\'s [poison] "7"', by: 'an operator', atMs: NOON_MS };

  test('offsets given up are put under the claim that holds only, with the streams that are left', async () => {
    await using sink = await makeSink();
    await sink.settle(sink.queries.seed(sink.topic, seeds(2)));
    await sink.settle(sink.queries.claim(sink.topic, [claim('ours', 0, 1)]));
    await sink.settle(sink.another().queries.putSkipped(sink.topic, 1, 'theirs', [range], []));
    expect((await ownership(sink))[1]).toMatchObject({ skipped: [], streams: streams(1) });
    await sink.settle(sink.queries.putSkipped(sink.topic, 1, 'ours', [range], streams(1)));
    await sink.settle(sink.queries.putSkipped(sink.topic, 1, 'ours', [range], []));
    const [zero, one] = await ownership(sink);
    expect(zero!.skipped).toEqual([]);
    expect(one).toMatchObject({ skipped: [range], streams: [], claimId: 'ours', history: [settings(10)] });
  });

  test('rows of a range of offsets go from one table and partition', async () => {
    await using sink = await makeSink();
    const rows = [2, 3, 8, 9].map((offset) => acceptedRow(offset));
    await append(sink, 'payment_transactions', rows);
    await append(sink, 'payment_transactions', [acceptedRow(3)], { partition: sink.partition + 1 });
    await append(sink, 'payment_transactions_fraud', rows);
    for (let again = 0; again < 2; again++)
      await sink.settle(sink.queries.removeRows('payment_transactions', sink.partition, 3, 9));
    const left = async (table: 'payment_transactions' | 'payment_transactions_fraud', partition: number) =>
      (await sink.settle(sink.queries.rowsFrom(table, partition, 0))).map(({ row }) => row.kafkaOffset);
    expect(await left('payment_transactions', sink.partition)).toEqual([2, 9]);
    expect(await left('payment_transactions', sink.partition + 1)).toEqual([3]);
    expect(await left('payment_transactions_fraud', sink.partition)).toEqual([2, 3, 8, 9]);
  });
}

function checkpoints(makeSink: MakeSink): void {
  test('the latest checkpoint is the one with the greatest next_offset, of any writer, and comes back whole', async () => {
    await using sink = await makeSink();
    const { topic, partition } = sink;
    const at = (nextOffset: number, more: Partial<CheckpointRow> = {}) =>
      checkpoint(nextOffset, { topic, partition, ...more });
    const latest = (ofTopic = topic, ofPartition = partition) =>
      sink.settle(sink.another().queries.latestCheckpoint(ofTopic, ofPartition));
    expect(await latest()).toBeUndefined();
    await append(sink, 'checkpoint_log', [at(10), at(30, { recordFingerprint: null }), at(20)]);
    expect(await latest()).toEqual(at(30, { recordFingerprint: null }));
    const later = at(40, { owner: 'owner-2', writerEpoch: 2 });
    await append(sink, 'checkpoint_log', [later], { writerEpoch: 2 });
    await append(sink, 'checkpoint_log', [at(25, { owner: 'owner-3', writerEpoch: 3 })], { writerEpoch: 3 });
    expect(await latest()).toEqual(later);
    expect(await latest(topic, partition + 1)).toBeUndefined();
    expect(await latest(`${topic}-other`)).toBeUndefined();
  });
}

function rows(makeSink: MakeSink): void {
  test('rows from an offset on come in fold order, with their epochs, without backfilled ones, regardless of the order of writing', async () => {
    await using sink = await makeSink();
    await append(sink, 'payment_transactions', [acceptedRow(7), acceptedRow(9)], { writerEpoch: 2 });
    await append(sink, 'payment_transactions', [acceptedRow(3), acceptedRow(5), acceptedRow(6)]);
    await append(sink, 'payment_transactions', [acceptedRow(8)], { partition: sink.partition + 1 });
    await append(sink, 'payment_transactions', [acceptedRow(8)], { writerEpoch: 0 });
    const found = await sink.settle(sink.queries.rowsFrom('payment_transactions', sink.partition, 5));
    expect(found.map(({ row, writerEpoch }) => [row.kafkaOffset, writerEpoch])).toEqual([
      [5, 1],
      [6, 1],
      [7, 2],
      [9, 2],
    ]);
    const { kafkaOffset, payment } = acceptedRow(5);
    expect(found[0]!.row).toEqual({ kafkaOffset, payment });
    expect(await sink.settle(sink.queries.rowsFrom('payment_transactions', sink.partition, 10))).toEqual([]);
    expect(await sink.settle(sink.queries.rowsFrom('payment_exceptions', sink.partition, 0))).toEqual([]);
  });

  test('of the tables only those with rows from an offset on are returned; backfilled rows do not count', async () => {
    await using sink = await makeSink();
    const { partition } = sink;
    await append(sink, 'payment_transactions', [acceptedRow(7)]);
    await append(sink, 'payment_transactions_fraud', [acceptedRow(4)]);
    await append(sink, 'payment_transactions_fraud', [acceptedRow(8)], { writerEpoch: 0 });
    await append(sink, 'payment_metrics_partials', [partialRow(9)], { partition: partition + 1 });
    const tables = ['payment_transactions', 'payment_transactions_fraud', 'payment_metrics_partials'] as const;
    const [from5, from8, next, fraudOnly] = await sink.settle(
      Promise.all([
        sink.queries.tablesWithRows(tables, partition, 5),
        sink.queries.tablesWithRows(tables, partition, 8),
        sink.queries.tablesWithRows(tables, partition + 1, 9),
        sink.queries.tablesWithRows(['payment_transactions_fraud'], partition, 4),
      ]),
    );
    expect([from5, from8, next, fraudOnly].map((found) => [...found!])).toEqual([
      ['payment_transactions'],
      [],
      ['payment_metrics_partials'],
      ['payment_transactions_fraud'],
    ]);
  });

  test('the windows of one record come in the order in which the fold emits them', async () => {
    await using sink = await makeSink();
    const later = { windowStartMs: NOON_MS + MINUTE_MS, windowEndMs: NOON_MS + 2 * MINUTE_MS };
    const inOrder = [
      partialRow(7, { region: 'eu-west', currency: 'EUR' }),
      partialRow(7, { region: 'eu-west', currency: 'USD', totalAmount: 10n ** 28n }),
      partialRow(7, { region: 'us-east', currency: 'EUR' }),
      partialRow(7, { region: '\uff5aone', currency: 'EUR' }), // UTF-8 order, which is not UTF-16 order
      partialRow(7, { region: '\u{1f600}', currency: 'EUR' }),
      partialRow(7, { ...later, region: 'africa' }),
      partialRow(9, { region: 'africa' }),
    ];
    await append(sink, 'payment_metrics_partials', inOrder.toReversed());
    const found = await sink.settle(sink.queries.rowsFrom('payment_metrics_partials', sink.partition, 0));
    expect(found.map(({ row }) => row)).toEqual(inOrder);
  });

  test('payments come in batches by offset, below an offset, from an event time on, without backfilled ones', async () => {
    await using sink = await makeSink();
    const eventTimeMs = (i: number): number => NOON_MS - (i % 2);
    const all = Array.from({ length: 9_000 }, (_, i) => acceptedRow(i, { eventTimeMs: eventTimeMs(i) }));
    for (const from of [6_000, 0, 3_000]) await append(sink, 'payment_transactions', all.slice(from, from + 3_000));
    await append(sink, 'payment_transactions', [acceptedRow(0)], { writerEpoch: 0 });
    await append(sink, 'payment_transactions', [acceptedRow(0)], { partition: sink.partition + 1 });
    const batches = await sink.settle(Array.fromAsync(sink.queries.payments(sink.partition, 8_500, NOON_MS)));
    expect(batches.every((batch) => batch.length > 0)).toBe(true);
    const expected = all.slice(0, 8_500).filter(({ payment }) => payment.eventTimeMs >= NOON_MS);
    expect(batches.flat()).toEqual(expected.map(({ kafkaOffset, payment }) => ({ kafkaOffset, payment })));
    expect(await sink.settle(Array.fromAsync(sink.queries.payments(sink.partition, 0, 0)))).toEqual([]);
  });
}
