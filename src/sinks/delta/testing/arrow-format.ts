/** Files that are plain Arrow streams: what a test or the simulated world needs of a format, without the time that Parquet takes. */
import { arrowStream, type DecodedRow, rowsOfStream } from '../files/arrow-decode.ts';
import type { ArrowRows, FileFormat } from '../ports.ts';

export class ArrowFormat implements FileFormat {
  async encode(pieces: readonly ArrowRows[]): Promise<Uint8Array> {
    return arrowStream(pieces);
  }

  async decode(bytes: Uint8Array, columns?: readonly string[]): Promise<DecodedRow[]> {
    return rowsOfStream(bytes, columns);
  }

  async close(): Promise<void> {}
}
