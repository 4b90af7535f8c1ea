/** The worker thread of worker-format.ts: packs and unpacks Parquet files. */
import { parentPort } from 'node:worker_threads';
import { arrowOf, parquetOf } from './parquet-format.ts';

/** `stream`: an Arrow stream to pack. `file`: a Parquet file to unpack. */
export type ParquetTask =
  | { readonly id: number; readonly stream: Uint8Array }
  | { readonly id: number; readonly file: Uint8Array; readonly columns?: readonly string[] | undefined };
export type ParquetAnswer =
  | { readonly id: number; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly id: number; readonly error: string };

parentPort?.on('message', async (task: ParquetTask) => {
  try {
    const bytes = 'stream' in task ? parquetOf(task.stream) : await arrowOf(task.file, task.columns);
    // What the library returns is its own copy: it can be given away.
    const given = new Uint8Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength);
    parentPort!.postMessage({ id: task.id, bytes: given } satisfies ParquetAnswer, [given.buffer]);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    parentPort!.postMessage({ id: task.id, error: text } satisfies ParquetAnswer);
  }
});
