/**
 * A file of the machine's own for what is read once in another order than it is needed: cells of packed rows, checkpoints,
 * and where senders were first seen. SQLite puts them in order; memory holds its cache and one cell at a time.
 *
 * The file is in a directory of its own that nobody else may enter (0700, the file 0600), and it is unlinked as soon as it
 * is open: nothing stays behind, however the process ends. Its size is some fifth of what was read.
 */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { SenderHomes } from './verify-inputs.ts';

/** SQLite's page cache. */
const CACHE_KIB = 32_768;
/** Senders of the partition at hand that are known to be noted. */
const SENDERS_KEPT_MAX = 100_000;
const COMMIT_EVERY_ROWS = 20_000;

/** Level 1 takes half the time of the default, and a twentieth more room. On another thread it would cost this one more. */
const PACKING = { params: { [constants.ZSTD_c_compressionLevel]: 1 }, chunkSize: 128 * 1024 };

export interface Cell {
  /** Ascending within a source and a partition. */
  readonly bucket: number;
  readonly text: string;
  readonly rows: number;
}

export class Spool implements SenderHomes {
  readonly #db: DatabaseSync;
  readonly #folder: string;
  readonly #addCell: StatementSync;
  readonly #addSender: StatementSync;
  readonly #homeOfSender: StatementSync;
  #pending = 0;
  /** Of one partition and one number of partitions. */
  readonly #noted = new Set<string>();
  #notedFor = { partitions: -1, partition: -1 };

  /** `folder`: where the directory is made; the system's for temporary files unless given. */
  constructor(folder = tmpdir()) {
    this.#folder = mkdtempSync(path.join(folder, 'provenonce-verify-'));
    const file = path.join(this.#folder, 'rows.sqlite');
    this.#db = new DatabaseSync(file);
    this.#db.exec(`PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;
      PRAGMA temp_store = FILE; PRAGMA cache_size = -${CACHE_KIB};
      CREATE TABLE cells (source TEXT, kafka_partition INTEGER, bucket INTEGER, row_count INTEGER, cell BLOB);
      CREATE TABLE senders (
        partitions INTEGER, sender TEXT, kafka_partition INTEGER, PRIMARY KEY (partitions, sender)
      ) WITHOUT ROWID;`);
    chmodSync(file, 0o600);
    // Where an open file cannot be unlinked, close() does it.
    if (process.platform !== 'win32') this.#remove();
    this.#addCell = this.#db.prepare('INSERT INTO cells VALUES (?, ?, ?, ?, ?)');
    this.#addSender = this.#db.prepare('INSERT OR IGNORE INTO senders VALUES (?, ?, ?)');
    this.#homeOfSender = this.#db.prepare(
      'SELECT kafka_partition AS home FROM senders WHERE partitions = ? AND sender = ?',
    );
  }

  /** A null partition or bucket: rows without one. */
  add(source: string, partition: number | null, bucket: number | null, rows: number, text: string): void {
    this.#begin();
    this.#addCell.run(source, partition, bucket, rows, zstdCompressSync(text, PACKING));
  }

  /** To be called once everything is there: brings it into order. */
  sort(): void {
    this.#commit();
    this.#db.exec('CREATE INDEX by_place ON cells (source, kafka_partition, bucket)');
  }

  /** In order of their buckets; several may have one bucket. */
  *cells(source: string, partition: number): Generator<Cell> {
    const select = this.#db.prepare(
      `SELECT bucket, row_count, cell FROM cells
       WHERE source = ? AND kafka_partition = ? AND bucket IS NOT NULL ORDER BY bucket`,
    );
    for (const row of select.iterate(source, partition)) yield cellOf(row);
  }

  /** Cells without a partition or a bucket, and those of partitions that are not known, with how many rows they hold. */
  *foreign(source: string, known: ReadonlySet<number>): Generator<{ partition: number | null; cell: Cell }> {
    const groups = this.#db
      .prepare(
        'SELECT kafka_partition, bucket IS NULL AS nowhere FROM cells WHERE source = ? GROUP BY 1, 2 ORDER BY 1, 2',
      )
      .all(source);
    const select = this.#db.prepare(
      'SELECT bucket, row_count, cell FROM cells WHERE source = ? AND kafka_partition IS ? AND (bucket IS NULL) = ?',
    );
    for (const { kafka_partition, nowhere } of groups) {
      const partition = kafka_partition === null ? null : Number(kafka_partition);
      if (nowhere === 0 && partition !== null && known.has(partition)) continue;
      for (const row of select.iterate(source, partition, Number(nowhere))) yield { partition, cell: cellOf(row) };
    }
  }

  homeOf(partitions: number, sender: string, partition: number): number {
    const of = this.#notedFor;
    if (of.partitions !== partitions || of.partition !== partition || this.#noted.size >= SENDERS_KEPT_MAX) {
      this.#noted.clear();
      this.#notedFor = { partitions, partition };
    }
    if (this.#noted.has(sender)) return partition;
    this.#begin();
    if (this.#addSender.run(partitions, sender, partition).changes === 0) {
      const home = Number(this.#homeOfSender.get(partitions, sender)?.home);
      if (home !== partition) return home;
    }
    this.#noted.add(sender);
    return partition;
  }

  close(): void {
    this.#db.close();
    this.#remove();
  }

  #begin(): void {
    if (this.#pending === 0) this.#db.exec('BEGIN');
    if (++this.#pending < COMMIT_EVERY_ROWS) return;
    this.#commit();
    this.#begin();
  }

  #commit(): void {
    if (this.#pending > 0) this.#db.exec('COMMIT');
    this.#pending = 0;
  }

  #remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function cellOf({ bucket, row_count, cell }: Record<string, unknown>): Cell {
  const text = zstdDecompressSync(cell as Uint8Array).toString('utf8');
  return { bucket: Number(bucket), rows: Number(row_count), text };
}
