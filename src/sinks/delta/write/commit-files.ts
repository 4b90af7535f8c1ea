/**
 * The files of one commit. They are encoded and uploaded once, and named again after a conflict; only where a partition leaves the commit, or where
 * they have become so old that a vacuum may have taken them for forgotten, they are made anew.
 */

import type { Runtime } from '../../../base/runtime.ts';
import { Semaphore } from '../../../base/semaphore.ts';
import type { EncodedPiece } from '../files/row-encoder.ts';
import { fileStats } from '../files/statistics.ts';
import type { DataFile, DeltaTable, FileFormat } from '../ports.ts';
import type { LanePart } from './lane.ts';

export interface CommitFilesOptions {
  readonly table: DeltaTable;
  readonly format: FileFormat;
  readonly runtime: Runtime;
  /** Rows of a file, about. */
  readonly fileRows: number;
  /** Files that were uploaded longer ago are uploaded again before a commit names them. */
  readonly reuploadAfterMs: number;
}

/** Files that are packed and uploaded at a time. */
const CONCURRENT_FILES = 2;

export class CommitFiles {
  readonly #options: CommitFilesOptions;
  #parts: readonly LanePart[] = [];
  #files: readonly DataFile[] = [];
  #uploadedAtMs = 0;

  constructor(options: CommitFilesOptions) {
    this.#options = options;
  }

  /** Files with all rows of these parts and no others. */
  async of(parts: readonly LanePart[]): Promise<readonly DataFile[]> {
    const { runtime, reuploadAfterMs } = this.#options;
    const isSame = parts.length === this.#parts.length && parts.every((part, i) => part === this.#parts[i]);
    if (isSame && runtime.monotonicMs() - this.#uploadedAtMs < reuploadAfterMs) return this.#files;
    this.#uploadedAtMs = runtime.monotonicMs();
    this.#files = await this.#upload(parts);
    this.#parts = parts;
    return this.#files;
  }

  #upload(parts: readonly LanePart[]): Promise<DataFile[]> {
    const { table, format, fileRows } = this.#options;
    const turns = new Semaphore(CONCURRENT_FILES);
    const pieces = parts.flatMap((part) => part.pieces.map(({ rows }) => rows));
    return Promise.all(
      cutIntoFiles(pieces, fileRows).map((rows) =>
        turns.run(async (): Promise<DataFile> => {
          const uploaded = await table.upload(await format.encode(rows));
          return { ...uploaded, dataChange: true, stats: fileStats(rows.map(({ stats }) => stats)) };
        }),
      ),
    );
  }
}

/** In their order; pieces of different columns never share a file. */
export function cutIntoFiles(pieces: readonly EncodedPiece[], fileRows: number): EncodedPiece[][] {
  const files: EncodedPiece[][] = [];
  for (const ofColumns of Map.groupBy(pieces, ({ schemaBytes }) => schemaBytes).values()) {
    let rowCount = Number.POSITIVE_INFINITY;
    for (const piece of ofColumns) {
      if (rowCount >= fileRows) {
        files.push([]);
        rowCount = 0;
      }
      files.at(-1)!.push(piece);
      rowCount += piece.rowCount;
    }
  }
  return files;
}
