/** Log checkpoints as JSON lines, for tests that are not about Parquet. */
import type { CheckpointFormat } from '../log/checkpoint/checkpoint-format.ts';
import { parseCommit } from '../log/parse-actions.ts';

export const PLAIN_CHECKPOINTS: CheckpointFormat = {
  encode: async (actions) => Buffer.from(actions.map((action) => `${JSON.stringify(action)}\n`).join('')),
  decode: async (bytes, where) => parseCommit(bytes, where),
};
