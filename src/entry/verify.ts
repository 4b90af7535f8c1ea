/** `provenonce/verify`: every record of the topic recomputed and compared with the tables, from a program of your own. */
import { systemRuntime } from '../base/system-runtime.ts';
import { type VerifyOptions, type VerifyReport, verify } from '../checks/verify.ts';
import { parseEndpoints } from '../cli/config/process-config.ts';
import { commandInputs } from '../cli/sink.ts';
import { openSink } from '../sinks/open-sink.ts';

export type { VerifyInputs } from '../checks/inputs/verify-inputs.ts';
export { VERDICT_EXIT_CODES, type Verdict, type VerifyOptions, type VerifyReport, verify } from '../checks/verify.ts';
export { verifyText } from '../checks/verify-text.ts';

export interface VerifyDatasetOptions extends VerifyOptions {
  /** Settings of Kafka and the sink by the names of their environment variables. */
  readonly settings: Readonly<Record<string, string | undefined>>;
  /** How long a service may be away. Default 30,000. */
  readonly unreachableAfterMs?: number;
}

/**
 * G1 to G6 of a dataset against its topic. Writes nothing. Rejects with ConfigurationError for wrong settings,
 * ContradictionError where tables are missing or another topic's, UnreachableError where a service is away. The command
 * `verify` also compares the tables' row counts and lists the conditions of the topic's clocks.
 */
export async function verifyDataset(options: VerifyDatasetOptions): Promise<VerifyReport> {
  const { settings, unreachableAfterMs = 30_000, ...rest } = options;
  const { config } = parseEndpoints(settings, {});
  const sink = await openSink(config.sink, { runtime: systemRuntime, limits: { unreachableAfterMs } });
  try {
    return await verify(await commandInputs(config, sink), rest);
  } finally {
    await sink.close();
  }
}
