/** The sink port on Delta tables: claims, fences, positions, rows and checkpoints. */
import { describe, expect, it } from 'vitest';
import { WriterLostError } from '../../base/errors.ts';
import { AcceptedBatch } from '../../payments/accepted-batch.ts';
import { DATA_TABLES } from '../../payments/types.ts';
import type { WonClaim } from '../../processor/ports.ts';
import { acceptedRow, settings } from '../bigquery/testing/sample-rows.ts';
import { StoreRefusedError } from './ports.ts';
import { BusyRuntime } from './testing/busy-runtime.ts';
import {
  checkpointAt,
  type DeltaProcess,
  deltaProcess,
  expectedRows,
  liveOnce,
  prepared,
  seeds,
  storedRows,
  TOPIC,
} from './testing/delta-fixture.ts';
import { MemoryStore } from './testing/memory-store.ts';

const signal = new AbortController().signal;
const terms = { settleTimeoutMs: 1_000, gatherMs: 1_000, onCheckpoint: () => {} };
const LIFE = { partition: 0, endOffset: 40, batch: 7, checkpointEvery: 2 };

/** As the fold of the fixture has it. */
const ROW_ID = (offset: number): string => `0/${offset}${settings(0).decision.maxAmount}`;

/** Short waits take no time, and a long one is a limit that is not reached. */
class PatientRuntime extends BusyRuntime {
  override sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (ms < 10_000) return super.sleep(ms, signal);
    return new Promise((_, reject) => {
      signal?.addEventListener('abort', () => reject(signal.reason));
    });
  }
}

async function location(partitions = 1): Promise<{ store: MemoryStore; process: (label: number) => DeltaProcess }> {
  const store = new MemoryStore();
  const process = (label: number) => deltaProcess({ store, runtime: new PatientRuntime(label) });
  await prepared(process(99), partitions);
  return { store, process };
}

async function claimed({ sink }: DeltaProcess, owner: string, partition = 0): Promise<WonClaim> {
  const row = (await sink.readOwnership(TOPIC)).find((one) => one.partition === partition)!;
  return (await sink.claim(TOPIC, owner, [row]))[0]!.won!;
}

describe('a processor on Delta tables', () => {
  it('writes every row once, and remembers how far it got', async () => {
    const { process } = await location();
    const one = process(1);
    expect(await liveOnce(one, 'owner', LIFE)).toBe('drained');
    for (const table of DATA_TABLES) expect(await storedRows(one, table, 0)).toEqual(expectedRows(table, 0, 40));
    const checkpoint = await process(2).sink.latestCheckpoint(TOPIC, 0);
    expect(checkpoint).toMatchObject({
      ...checkpointAt({} as never, 40, 0),
      topic: TOPIC,
      partition: 0,
      owner: 'owner',
      writerEpoch: 1,
      of: { epoch: 1, nextOffset: 40 },
    });
    expect((checkpoint as unknown as { reached: object }).reached).toEqual({
      next: {
        payment_transactions: 40,
        payment_transactions_fraud: 40,
        payment_metrics_partials: 40,
        payment_exceptions: 40,
      },
      rows: {
        payment_transactions: 26,
        payment_transactions_fraud: 26,
        payment_metrics_partials: 30,
        payment_exceptions: 14,
      },
    });
    expect(await one.sink.lostInBulk()).toBeUndefined();
    expect(await one.sink.wrongTables()).toBeUndefined();
  });

  it('continues after another owner where each table is, and counts its rows', async () => {
    const { process } = await location();
    await liveOnce(process(1), 'first', { ...LIFE, endOffset: 21 });
    // Rows past the checkpoint in one table: the owner ended before the others had theirs.
    const cut = process(2);
    const won = await claimed(cut, 'second');
    await won.fence(terms, signal);
    const rows = AcceptedBatch.of([22, 23].map((offset) => acceptedRow(offset, { transactionId: ROW_ID(offset) })));
    await won.open().append('payment_transactions', { rows, from: 0, to: 2 }, 25).landed;
    const last = process(3);
    const third = await claimed(last, 'third');
    const fenced = await third.fence(terms, signal);
    expect(fenced.checkpointOffset).toBe(21);
    expect(DATA_TABLES.map((table) => fenced.reached[table].next)).toEqual([25, 0, 0, 0]);
    expect(await liveOnce(process(4), 'fourth', LIFE)).toBe('drained');
    for (const table of DATA_TABLES) expect(await storedRows(last, table, 0)).toEqual(expectedRows(table, 0, 40));
    expect(await process(5).sink.lostInBulk()).toBeUndefined();
  });

  it('lets nothing of an earlier owner land after a fence', async () => {
    const { process } = await location();
    const old = process(1);
    const won = await claimed(old, 'old');
    await won.fence(terms, signal);
    const writer = won.open();
    const next = await claimed(process(2), 'new');
    await next.fence(terms, signal);
    const rows = AcceptedBatch.of([acceptedRow(1)]);
    const { landed } = writer.append('payment_transactions', { rows, from: 0, to: 1 }, 2);
    await expect(landed).rejects.toThrow(WriterLostError);
    await expect(landed).rejects.toThrow(/new claimed the partition with epoch 2; ours is 1/);
    await expect(writer.beginCheckpoint()(checkpointAt(won.ownership, 2, 0))).rejects.toThrow(WriterLostError);
    await expect(writer.append('payment_transactions', { rows, from: 0, to: 1 }, 2).landed).rejects.toThrow(
      WriterLostError,
    );
    expect(await storedRows(old, 'payment_transactions', 0)).toEqual([]);
  });

  it('takes a fenced partition out of a commit, with its rows, and commits the others', async () => {
    const { process } = await location(2);
    const old = process(1);
    const rows = await old.sink.readOwnership(TOPIC);
    const [first, second] = (await old.sink.claim(TOPIC, 'old', rows)).map(({ won }) => won!);
    await Promise.all([first!.fence(terms, signal), second!.fence(terms, signal)]);
    const [lost, kept] = [first!.open(), second!.open()];
    await (await claimed(process(2), 'new', 0)).fence(terms, signal);
    const ofTable = (offset: number) => ({ rows: AcceptedBatch.of([acceptedRow(offset)]), from: 0, to: 1 });
    const fenced = lost.append('payment_transactions', ofTable(1), 2).landed;
    const landed = kept.append('payment_transactions', ofTable(5), 6).landed;
    await expect(fenced).rejects.toThrow(WriterLostError);
    await landed;
    expect(await storedRows(old, 'payment_transactions', 0)).toEqual([]);
    expect(await storedRows(old, 'payment_transactions', 1)).toEqual(['5 txn-5']);
  });

  it('cuts no record over two commits', async () => {
    const { process } = await location();
    const one = process(1);
    const won = await claimed(one, 'owner');
    await won.fence(terms, signal);
    const writer = won.open();
    const rows = AcceptedBatch.of([1, 2, 3].map((offset) => acceptedRow(offset)));
    let isIn = false;
    const landed = writer.append('payment_transactions', { rows, from: 0, to: 2 }, 2).landed.then(() => {
      isIn = true;
    });
    for (let turn = 0; turn < 200; turn += 1) await Promise.resolve();
    expect(isIn).toBe(false);
    await writer.append('payment_transactions', { rows, from: 2, to: 3 }, 4).landed;
    await landed;
    expect(await storedRows(one, 'payment_transactions', 0)).toEqual(['1 txn-1', '2 txn-2', '3 txn-3']);
  });

  it('finds out that a log yields another row than the last one of a table', async () => {
    const { process } = await location();
    const cut = process(1);
    const won = await claimed(cut, 'first');
    await won.fence(terms, signal);
    const rows = AcceptedBatch.of([1, 2].map((offset) => acceptedRow(offset, { transactionId: ROW_ID(offset) })));
    await won.open().append('payment_transactions', { rows, from: 0, to: 2 }, 3).landed;
    await expect(liveOnce(process(2), 'other', { ...LIFE, content: '!' })).rejects.toThrow(
      /differs in its content|rows are left/,
    );
    expect(await liveOnce(process(3), 'same', LIFE)).toBe('drained');
  });

  it('stops where a table says that it has rows past the checkpoint, and has none', async () => {
    const { store, process } = await location();
    const cut = process(1);
    const won = await claimed(cut, 'first');
    await won.fence(terms, signal);
    const rows = AcceptedBatch.of([1, 2].map((offset) => acceptedRow(offset, { transactionId: ROW_ID(offset) })));
    await won.open().append('payment_transactions', { rows, from: 0, to: 2 }, 3).landed;
    const { version, files } = cut.tables.payment_transactions.current!;
    const [path, file] = [...files][0]!;
    const remove = { path, dataChange: true, deletionTimestamp: 1, size: file.byteLength };
    const lines = [{ commitInfo: { operation: 'RESTORE' } }, { remove }].map((line) => JSON.stringify(line)).join('\n');
    await store.create(
      `payment_transactions/_delta_log/${String(version + 1).padStart(20, '0')}.json`,
      Buffer.from(`${lines}\n`),
    );
    await expect(liveOnce(process(2), 'second', LIFE)).rejects.toMatchObject({
      code: 'rows_lost',
      message: /payment_transactions: .* below offset 3, and has none from offset 0 on/,
    });
  });

  it('stops where a table says less than a checkpoint remembers', async () => {
    const { store, process } = await location();
    await liveOnce(process(1), 'first', LIFE);
    const log = [...store.objects.keys()].filter(
      (key) => key.startsWith('payment_exceptions/_delta_log/') && !key.endsWith('00.json'),
    );
    store.objects.delete(log.sort().at(-1)!);
    const won = await claimed(process(2), 'second');
    await expect(won.fence(terms, signal)).rejects.toMatchObject({ code: 'rows_lost' });
    expect(await process(3).sink.lostInBulk()).toMatchObject({ code: 'rows_lost' });
  });

  it('stops where somebody else changed rows', async () => {
    const { store, process } = await location();
    const one = process(1);
    await liveOnce(one, 'first', { ...LIFE, endOffset: 10 });
    const version = one.tables.payment_transactions.current!.version + 1;
    const add = { path: 'x.parquet', partitionValues: {}, size: 1, modificationTime: 1, dataChange: true };
    const lines = [{ commitInfo: { operation: 'MERGE', engineInfo: 'Spark' } }, { add }]
      .map((line) => JSON.stringify(line))
      .join('\n');
    await store.create(
      `payment_transactions/_delta_log/${String(version).padStart(20, '0')}.json`,
      Buffer.from(`${lines}\n`),
    );
    await expect(liveOnce(one, 'again', LIFE)).rejects.toMatchObject({
      code: 'table_changed',
      message: /MERGE, by Spark/,
    });
    expect(await one.sink.wrongTables()).toMatchObject({ code: 'table_changed' });
  });

  it('of two claims on one epoch one wins, and an entry needs the claim', async () => {
    const { process } = await location(3);
    const [a, b] = [process(1), process(2)];
    const rows = await a.sink.readOwnership(TOPIC);
    const outcomes = await Promise.all([a.sink.claim(TOPIC, 'a', rows), b.sink.claim(TOPIC, 'b', rows)]);
    for (const [i] of rows.entries()) expect(outcomes.filter((of) => of[i]!.won !== undefined)).toHaveLength(1);
    const [winners, losers] =
      outcomes[0]![0]!.won === undefined ? [outcomes[1]!, outcomes[0]!] : [outcomes[0]!, outcomes[1]!];
    expect(losers[0]!.row!.claimId).toBe(winners[0]!.won!.ownership.claimId);
    await winners[0]!.won!.addEntry(settings(5, '7'));
    await winners[0]!.won!.addEntry(settings(5, '7'));
    const [row] = await a.sink.readOwnership(TOPIC);
    expect(row!.history.map(({ fromOffset }) => fromOffset)).toEqual([0, 5]);
    await claimed(b, 'later');
    await winners[0]!.won!.addEntry(settings(9, '8'));
    expect((await a.sink.readOwnership(TOPIC))[0]!.history).toHaveLength(2);
  });

  it('seeds what is missing, once, and knows its topics', async () => {
    const { process } = await location(2);
    const [a, b] = [process(1), process(2)];
    await Promise.all([a.sink.seed(TOPIC, seeds(4)), b.sink.seed(TOPIC, seeds(4))]);
    expect((await a.sink.readOwnership(TOPIC)).map(({ partition }) => partition)).toEqual([0, 1, 2, 3]);
    expect(await b.sink.topics()).toEqual([TOPIC]);
  });

  it('gives payments back in their order, of one partition, below an offset and from a time on', async () => {
    const { process } = await location(2);
    const one = process(1);
    await Promise.all([0, 1].map((partition) => liveOnce(one, 'owner', { ...LIFE, partition, batch: 3 })));
    const read: number[] = [];
    for await (const rows of process(2).sink.payments(1, 30, 0))
      read.push(...rows.map(({ kafkaOffset }) => kafkaOffset));
    expect(read).toEqual(Array.from({ length: 30 }, (_, offset) => offset).filter((offset) => offset % 3 !== 0));
    for await (const rows of one.sink.payments(1, 30, Number.MAX_SAFE_INTEGER)) expect(rows).toEqual([]);
    expect(await one.sink.tablesWithRows(DATA_TABLES, 1, 37)).toEqual(
      new Set(['payment_transactions', 'payment_transactions_fraud', 'payment_exceptions']),
    );
    expect(await one.sink.tablesWithRows(DATA_TABLES, 1, 40)).toEqual(new Set());
  });

  it('keeps schemas by their id', async () => {
    const { process } = await location();
    const { sink } = process(1);
    await sink.putSchema({ id: 7, sha256: 'a', text: '{}' });
    await process(2).sink.putSchema({ id: 7, sha256: 'b', text: '{}' });
    expect(await sink.readSchemas([7, 8])).toEqual([{ id: 7, sha256: 'a', text: '{}' }]);
  });

  it('a store that refuses stops a partition by name: what is not written, and what cannot be read', async () => {
    const { store } = await location();
    const refused = new StoreRefusedError('permission', 'PutObject is denied');
    class Refusing extends MemoryStore {
      refuses: 'writes' | 'all' | undefined;
      override async create(key: string, bytes: Uint8Array): ReturnType<MemoryStore['create']> {
        if (this.refuses !== undefined) throw refused;
        return store.create(key, bytes);
      }
      override async get(...args: Parameters<MemoryStore['get']>): ReturnType<MemoryStore['get']> {
        if (this.refuses === 'all') throw refused;
        return store.get(...args);
      }
      override list(...args: Parameters<MemoryStore['list']>): ReturnType<MemoryStore['list']> {
        return store.list(...args);
      }
    }
    const way = new Refusing();
    const one = deltaProcess({ store: way, runtime: new PatientRuntime(1) });
    const won = await claimed(one, 'owner');
    await won.fence(terms, signal);
    const rows = await one.sink.readOwnership(TOPIC);
    way.refuses = 'writes';
    await expect(one.sink.claim(TOPIC, 'owner', rows)).rejects.toMatchObject({
      name: 'SinkRefusedError',
      detail: 'PutObject is denied',
    });
    const { landed } = won
      .open()
      .append('payment_transactions', { rows: AcceptedBatch.of([acceptedRow(1)]), from: 0, to: 1 }, 2);
    await expect(landed).rejects.toMatchObject({ name: 'SinkRefusedError', table: 'payment_transactions' });
    way.refuses = 'all';
    await expect(one.sink.readOwnership(TOPIC)).rejects.toMatchObject({ code: 'append_refused' });
  });
});
