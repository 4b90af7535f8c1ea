/** Files of the simulated world that are real Parquet, packed in this thread: for the few runs that ask for them. */
import { readParquet } from 'parquet-wasm';
import { arrowStream, rowsOfStream } from '../../../sinks/delta/files/arrow-decode.ts';
import { parquetOf } from '../../../sinks/delta/files/parquet-format.ts';
import type { SimFiles } from './delta-parts.ts';

const unpack = (bytes: Uint8Array): Uint8Array => readParquet(bytes).intoIPCStream();

export const PARQUET_FILES: SimFiles = {
  format: {
    encode: async (pieces) => parquetOf(arrowStream(pieces)),
    decode: async (bytes, columns) => rowsOfStream(unpack(bytes), columns),
    close: async () => {},
  },
  unpack,
  pack: parquetOf,
};
