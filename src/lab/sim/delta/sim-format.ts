/** Files of the simulated world that are the Arrow stream itself, and log checkpoints as JSON. Waits for nothing but microtasks, so virtual time stands still. */
import { arrowStream, rowsOfStream } from '../../../sinks/delta/files/arrow-decode.ts';
import type { CheckpointFormat } from '../../../sinks/delta/log/checkpoint/checkpoint-format.ts';
import { parseCommit } from '../../../sinks/delta/log/parse-actions.ts';
import type { FileFormat } from '../../../sinks/delta/ports.ts';

export const ARROW_FILES: FileFormat = {
  encode: async (pieces) => arrowStream(pieces),
  decode: async (bytes, columns) => rowsOfStream(bytes, columns),
  close: async () => {},
};

/** Log checkpoints as lines of JSON, as the other engine of the simulated world writes them. */
export const LOG_CHECKPOINTS: CheckpointFormat = {
  encode: async (actions) => Buffer.from(actions.map((action) => `${JSON.stringify(action)}\n`).join('')),
  decode: async (bytes, where) => parseCommit(bytes, where),
};
