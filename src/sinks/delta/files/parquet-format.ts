/**
 * Parquet files, compressed with Snappy, in this thread: for the worker, for commands and for tests. The processor encodes in a worker
 * (worker-format.ts), because a file of 100,000 rows takes a third of a second.
 */

import { tableFromIPC } from 'apache-arrow';
import { Compression, ParquetFile, readParquet, Table, WriterPropertiesBuilder, writeParquet } from 'parquet-wasm';
import type { ArrowRows, FileFormat } from '../ports.ts';
import { arrowStream, type DecodedRow, rowsOfStream } from './arrow-decode.ts';

/** Rows that are unpacked at a time. */
const BATCH_ROWS = 64 * 1024;

export class ParquetFormat implements FileFormat {
  async encode(pieces: readonly ArrowRows[]): Promise<Uint8Array> {
    return parquetOf(arrowStream(pieces));
  }

  async decode(bytes: Uint8Array, columns?: readonly string[]): Promise<DecodedRow[]> {
    return rowsOfStream(await arrowOf(bytes, columns));
  }

  async close(): Promise<void> {}
}

/** The file of an Arrow stream. */
export function parquetOf(stream: Uint8Array): Uint8Array {
  const properties = new WriterPropertiesBuilder()
    .setCompression(Compression.SNAPPY)
    .setCreatedBy('provenonce')
    .build();
  return writeParquet(Table.fromIPCStream(stream), properties);
}

/** The Arrow stream of a file, with those of the columns that it has. Rejects with RangeError for bytes that are no Parquet file. */
export async function arrowOf(bytes: Uint8Array, columns?: readonly string[]): Promise<Uint8Array> {
  try {
    if (columns === undefined) return readParquet(bytes, { batchSize: BATCH_ROWS }).intoIPCStream();
    // Only this reader passes over the other columns.
    const file = await ParquetFile.fromFile(new Blob([bytes as Uint8Array<ArrayBuffer>]));
    try {
      const has = new Set(tableFromIPC(file.schema().intoIPCStream()).schema.fields.map(({ name }) => name));
      const wanted = columns.filter((name) => has.has(name));
      return (await file.read({ batchSize: BATCH_ROWS, columns: wanted })).intoIPCStream();
    } finally {
      file.free();
    }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new RangeError(`not a Parquet file: ${why}`, { cause: error });
  }
}
