import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ConfigurationError, UnreachableError } from '../base/errors.ts';
import type { Runtime } from '../base/runtime.ts';
import type { PlannedRecord } from './generate.ts';
import { type LedgerEntry, readLedger } from './ledger.ts';
import type { RecordProducer } from './producer.ts';
import { simulate } from './run-simulator.ts';
import { billionthsOf, decimalOf } from './summary.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'provenonce-ledger-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** A clock that moves only when someone sleeps. */
function virtualRuntime(): Runtime {
  let nowMs = Date.UTC(2026, 0, 15);
  return {
    nowMs: () => nowMs,
    monotonicMs: () => nowMs,
    sleep: async (ms) => {
      nowMs += ms;
    },
    random: () => 0.5,
    uuid: () => 'id',
  };
}

/** Keeps the records per partition; the n-th batch fails on request. */
class MemoryProducer implements RecordProducer {
  readonly logs = new Map<number, PlannedRecord[]>();
  readonly #failAt: number | undefined;
  batches = 0;
  closed = false;

  constructor(failAt?: number) {
    this.#failAt = failAt;
  }

  async send(records: readonly PlannedRecord[]): Promise<ReadonlyMap<number, number>> {
    if (++this.batches === this.#failAt) throw new UnreachableError('the broker is gone');
    const first = new Map<number, number>();
    for (const record of records) {
      const log = this.logs.get(record.partition) ?? [];
      this.logs.set(record.partition, log);
      if (!first.has(record.partition)) first.set(record.partition, log.length);
      log.push(record);
    }
    return first;
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}

async function ledgerOf(path: string): Promise<LedgerEntry[]> {
  const entries: LedgerEntry[] = [];
  for await (const entry of readLedger(path)) entries.push(entry);
  return entries;
}

describe('simulate', () => {
  test('writes down every record where the log has it', async () => {
    const producer = new MemoryProducer();
    const ledgerPath = join(folder, 'sent.jsonl');
    const summary = await simulate({ dials: { count: 5_000 }, ledgerPath }, virtualRuntime(), async () => producer);
    const entries = await ledgerOf(ledgerPath);
    expect(entries.map(({ seq }) => seq)).toEqual(Array.from({ length: 5_000 }, (_, seq) => seq));
    for (const { partition, offset, seq } of entries) expect(producer.logs.get(partition)?.[offset!]?.seq).toBe(seq);
    expect(summary).toMatchObject({ sent: 5_000, acked: 5_000, unknown: 0, complete: true });
    expect(producer.closed).toBe(true);
  });

  test('sends nothing, lets go of the broker, and says so, where the ledger cannot be written', async () => {
    const producer = new MemoryProducer();
    const ledgerPath = '/dev/null/no/folder';
    const sent = simulate({ dials: { count: 10 }, ledgerPath }, virtualRuntime(), async () => producer);
    await expect(sent).rejects.toThrow(`the ledger ${ledgerPath} cannot be written: ENOTDIR`);
    await expect(sent).rejects.toThrow(ConfigurationError);
    expect(producer).toMatchObject({ batches: 0, closed: true });
  });

  test('makes the folder of the ledger', async () => {
    const ledgerPath = join(folder, 'artifacts', 'sent.jsonl');
    await simulate({ dials: { count: 10 }, ledgerPath }, virtualRuntime(), async () => new MemoryProducer());
    expect(await ledgerOf(ledgerPath)).toHaveLength(10);
  });

  test('leaves an earlier ledger alone where no broker answers', async () => {
    const ledgerPath = join(folder, 'sent.jsonl');
    await writeFile(ledgerPath, 'of yesterday');
    const away = async (): Promise<RecordProducer> => {
      throw new UnreachableError('no broker');
    };
    await expect(simulate({ dials: { count: 10 }, ledgerPath }, virtualRuntime(), away)).rejects.toThrow('no broker');
    expect(await readFile(ledgerPath, 'utf8')).toBe('of yesterday');
  });

  test.runIf(existsSync('/dev/full'))('ends, and says why, where the disk is full', async () => {
    const producer = new MemoryProducer();
    const options = { dials: { count: 100_000 }, ledgerPath: '/dev/full' };
    await expect(simulate(options, virtualRuntime(), async () => producer)).rejects.toThrow(
      '/dev/full cannot be written: ENOSPC',
    );
    expect(producer.closed).toBe(true);
  });

  test('sums up what should be accepted, exactly', async () => {
    const ledgerPath = join(folder, 'sent.jsonl');
    const options = { dials: { count: 3_000 }, ledgerPath };
    const { expectedSums, byExpected } = await simulate(options, virtualRuntime(), async () => new MemoryProducer());
    const accepted = (await ledgerOf(ledgerPath)).filter(({ expected }) => expected === 'accepted');
    expect(byExpected.accepted).toBe(accepted.length);
    for (const [currency, sum] of Object.entries(expectedSums)) {
      const amounts = accepted.filter((entry) => entry.currency === currency).map(({ amount }) => billionthsOf(amount));
      expect(sum.amount).toBe(decimalOf(amounts.reduce((total, amount) => total + amount, 0n)));
    }
  });

  test('stops cleanly when asked, with the ledger complete up to what was acknowledged', async () => {
    const stop = new AbortController();
    const producer = new MemoryProducer();
    const ledgerPath = join(folder, 'sent.jsonl');
    const onProgress = (): void => {
      if (producer.batches === 3) stop.abort();
    };
    const options = { dials: { count: 5_000 }, batchRecordsMax: 100, ledgerPath, signal: stop.signal, onProgress };
    const summary = await simulate(options, virtualRuntime(), async () => producer);
    expect(summary).toMatchObject({ sent: 300, complete: false });
    expect(await ledgerOf(ledgerPath)).toHaveLength(300);
  });

  test('leaves the records of a lost batch unknown, and says that the broker is gone', async () => {
    const ledgerPath = join(folder, 'sent.jsonl');
    const options = { dials: { count: 500 }, batchRecordsMax: 100, ledgerPath };
    const producer = new MemoryProducer(3);
    await expect(simulate(options, virtualRuntime(), async () => producer)).rejects.toThrow('the broker is gone');
    const acks = (await ledgerOf(ledgerPath)).map(({ ack }) => ack);
    expect(acks).toEqual([...Array(200).fill('acked'), ...Array(100).fill('unknown')]);
    expect(producer.closed).toBe(true);
  });

  test('keeps to the rate', async () => {
    const runtime = virtualRuntime();
    const options = { dials: { count: 5_000, ratePerSecond: 1_000 } };
    const { elapsedMs } = await simulate(options, runtime, async () => new MemoryProducer());
    expect(elapsedMs).toBeGreaterThan(4_900);
    expect(elapsedMs).toBeLessThanOrEqual(5_000);
  });
});
