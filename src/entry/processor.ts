/**
 * `provenonce/processor`: the processor inside a program of your own. `runProcessor` is the command `process` without its
 * logs, its metrics and its signals; `Processor` and the ports are for a log, a sink or a state of your own.
 */

import { systemRuntime } from '../base/system-runtime.ts';
import { parseConfig } from '../cli/config/process-config.ts';
import { ownerName, runAsOwner } from '../cli/dead-owner.ts';
import { runFromConfig } from '../cli/run-from-config.ts';
import type { Observer } from '../processor/events.ts';
import type { ExitReport } from '../processor/processor.ts';

export { ConfigurationError, ContradictionError, UnreachableError } from '../base/errors.ts';
export type { Runtime } from '../base/runtime.ts';
export { systemRuntime } from '../base/system-runtime.ts';
export { KafkaLogSource } from '../kafka/kafka-log-source.ts';
export { openStateStore } from '../local-state/open-state-store.ts';
export { type Observer, observers, type ProcessorEvent } from '../processor/events.ts';
export { DEFAULT_LIMITS } from '../processor/limits.ts';
export type * from '../processor/ports.ts';
export { type ExitReport, Processor, type ProcessorPorts } from '../processor/processor.ts';
export type { ProcessorSettings } from '../processor/settings.ts';
export { openBigQuerySink as openSink } from '../sinks/bigquery/open-sink.ts';
export { processorSink } from '../sinks/bigquery/processor-sink.ts';

export interface ProcessorOptions {
  /**
   * Settings by the names of their environment variables, as the configuration reference lists them: `process.env`, or values
   * of your own. Settings of logs and metrics have no effect here.
   */
  readonly settings: Readonly<Record<string, string | undefined>>;
  /** Ends the run in good order, within STOP_TIMEOUT. */
  readonly signal: AbortSignal;
  /** Hears every event. It is called synchronously and must not throw. Default: nobody listens. */
  readonly observer?: Observer;
}

/**
 * Runs a processor until `signal`, and resolves with how it ended: exit code 0 stopped as asked, 65 the log or the sink
 * contradicts the guarantee, 69 a service stayed unreachable, 70 a bug. Rejects with ConfigurationError before anything is
 * touched. A program may run several at a time; each needs a CHECKPOINT_LOCATION of its own.
 */
export async function runProcessor({ settings, signal, observer }: ProcessorOptions): Promise<ExitReport> {
  const { config } = parseConfig(settings, {});
  const owner = ownerName(systemRuntime.uuid());
  return runAsOwner(owner, () => runFromConfig(config, signal, { owner, observer: observer ?? { emit: () => {} } }));
}
