/**
 * The Delta sink's own parts on a disk: rows to Parquet files, commits alone and against seven other writers of the same table, and
 * the opening of a table with a long log. No broker and no processor: `delta-pipeline` has the whole.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { systemRuntime } from '../src/base/system-runtime.ts';
import type { DataTable } from '../src/payments/types.ts';
import { ParquetFormat } from '../src/sinks/delta/files/parquet-format.ts';
import { DiskStore } from '../src/sinks/delta/store/disk-store.ts';
import { defineBenchmark } from './harness/benchmark.ts';
import { cpuTimeUs } from './harness/spread.ts';
import { longTable, newTable, openedTable, TABLE } from './parts/delta-log.ts';
import { deltaPieces, type Pieces } from './parts/delta-rows.ts';
import { percentilesOf } from './parts/percentile.ts';

export const benchmark = defineBenchmark({
  name: 'delta',
  what: 'Delta Lake on a disk: rows to Parquet files, commits, and the opening of a long table',
  limits:
    "encoding is processor time of one core, the load generator's rows of all tables; commits are forced to the disk of the temporary folder " +
    'and carry no rows; writers are objects of one process, each with its own view of the log; the long table has the log of commits of one file each',
  figures: [
    {
      name: 'delta-encode',
      what: 'rows of all four tables, as the fold makes them, to Parquet files, one core',
      unit: 'rows/s',
      must: 100_000,
      aim: 250_000,
      better: 'more',
    },
    {
      name: 'delta-bytes',
      what: 'bytes of a row of payment_transactions in its Parquet file',
      unit: 'B',
      must: 80,
      aim: 60,
      better: 'less',
    },
    {
      name: 'delta-commit',
      what: 'one commit on a disk, 99th percentile, one writer',
      unit: 'ms',
      aim: 5,
      better: 'less',
    },
    {
      name: 'delta-commit-eight',
      what: 'the same with eight writers of one table, each commit until it has landed',
      unit: 'ms',
      aim: 1_000,
      better: 'less',
    },
    {
      name: 'delta-open',
      what: 'opening a table with a long log',
      unit: 'ms',
      must: 2_000,
      aim: 1_000,
      better: 'less',
    },
  ],
  repeats: 3,
  sizes: { events: 200_000, accounts: 20_000, batch: 4_000, commits: 400, logCommits: 100_000 },
  smoke: { events: 2_000, accounts: 50, batch: 500, commits: 20, logCommits: 250 },
  async run({ sizes, repeats, say, sample, detail }) {
    const pieces = deltaPieces(sizes);
    const folder = mkdtempSync(path.join(tmpdir(), 'provenonce-bench-delta-'));
    try {
      const store = new DiskStore(folder, systemRuntime);
      await longTable(store, folder, sizes.logCommits);
      say(`a table with a log of ${sizes.logCommits} commits is made`);
      for (let repeat = 1; repeat <= repeats; repeat += 1) {
        const encoded = await encodeAll(pieces);
        const alone = await commitAll(store, `alone_${repeat}`, 1, sizes.commits);
        const eight = await commitAll(store, `eight_${repeat}`, 8, Math.ceil(sizes.commits / 8));
        const openMs = await timed(() => openedTable(store, TABLE));
        sample({
          'delta-encode': encoded.rowsPerSecond,
          'delta-bytes': encoded.bytesPerPayment,
          'delta-commit': alone.p99,
          'delta-commit-eight': eight.p99,
          'delta-open': openMs,
        });
        detail({ [`run ${repeat}`]: { ...encoded, alone, eight, openMs } });
        say(`repeat ${repeat} of ${repeats}: ${Math.round(encoded.rowsPerSecond)} rows a second`);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
});

async function encodeAll(pieces: Pieces) {
  const format = new ParquetFormat();
  let rows = 0;
  let us = 0;
  const bytes = new Map<DataTable, number>();
  for (const [table, all] of Object.entries(pieces) as [DataTable, Pieces[DataTable]][]) {
    if (all.length === 0) continue;
    let encoding: Promise<Uint8Array> | undefined;
    us += cpuTimeUs(() => {
      // It encodes in this thread before it returns.
      encoding = format.encode(all);
    });
    bytes.set(table, (await encoding!).length);
    rows += rowsOf(all);
  }
  const payments = rowsOf(pieces.payment_transactions);
  return {
    rowsPerSecond: (1e6 * rows) / us,
    bytesPerPayment: (bytes.get('payment_transactions') ?? 0) / payments,
    rows,
    bytes: Object.fromEntries(bytes),
  };
}

async function commitAll(store: DiskStore, name: string, writers: number, commits: number) {
  await newTable(store, name);
  const tookMs: number[] = [];
  const write = async (writer: number): Promise<void> => {
    const table = await openedTable(store, name);
    for (let next = 1; next <= commits; next += 1) {
      const appId = `bench/${writer}`;
      tookMs.push(
        await timed(() =>
          table.commit(({ txns }) =>
            (txns.get(appId) ?? 0) >= next ? undefined : { operation: 'WRITE', txns: new Map([[appId, next]]) },
          ),
        ),
      );
    }
  };
  const startedMs = performance.now();
  await Promise.all(Array.from({ length: writers }, (_, writer) => write(writer)));
  const perSecond = (1_000 * tookMs.length) / (performance.now() - startedMs);
  const [p50, p99] = percentilesOf(Float64Array.from(tookMs), [50, 99]) as [number, number];
  return { p50, p99, perSecond };
}

async function timed(act: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await act();
  return performance.now() - startedMs;
}

function rowsOf(pieces: readonly { readonly rowCount: number }[]): number {
  return pieces.reduce((sum, { rowCount }) => sum + rowCount, 0);
}
