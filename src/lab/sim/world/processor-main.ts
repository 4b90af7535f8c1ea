/**
 * What a simulated process runs: the real processor, on the real append client, on simulated ports. Wiring only.
 */

import { UnreachableError } from '../../../base/errors.ts';
import type { Runtime } from '../../../base/runtime.ts';
import type { LoadedRules } from '../../../payments/rules/rules.ts';
import { DEFAULT_DECISION_SETTINGS, defaultFixedSettings } from '../../../payments/settings.ts';
import type { DecisionSettings } from '../../../payments/types.ts';
import { type CrashPoint, withCrashPoints } from '../../../processor/crash-points.ts';
import { type Observer, silentObserver } from '../../../processor/events.ts';
import { DEFAULT_LIMITS, type ProcessorLimits } from '../../../processor/limits.ts';
import type { LogSource, SchemaParts, SinkInspection, StateStore } from '../../../processor/ports.ts';
import { type ExitReport, Processor, type ProcessorPorts } from '../../../processor/processor.ts';
import type { ProcessorSettings } from '../../../processor/settings.ts';
import { withSinkCrashPoints } from '../../../sinks/bigquery/crash-points.ts';
import type { RowEncoder, SinkQueries, WriteStreams } from '../../../sinks/bigquery/ports.ts';
import { DEFAULT_WRITER_LIMITS, processorSink, type WriterLimits } from '../../../sinks/bigquery/processor-sink.ts';
import { DEFAULT_SINK_LIMITS } from '../../../sinks/bigquery/sink-limits.ts';
import { BigQueryWriteStreams } from '../../../sinks/bigquery/write/write-streams.ts';
import { SIM_DATASET } from '../bigquery/sim-bigquery.ts';
import type { DeltaParts } from '../delta/delta-parts.ts';
import type { SimDeltaLimits } from '../delta/sim-delta-limits.ts';
import { EPOCH_MS } from './context.ts';
import type { SimPorts } from './sim-process.ts';

/** Everything that a simulated processor is wired of: the sink by its inner seams, so that one of them can be weakened. */
export interface SimWiring {
  readonly runtime: Runtime;
  readonly log: LogSource;
  readonly queries: SinkQueries;
  readonly inspection: SinkInspection;
  readonly streams: WriteStreams;
  readonly encoder: RowEncoder;
  readonly state: StateStore;
  readonly observer: Observer;
}

export interface SimLimits extends ProcessorLimits, WriterLimits {}

export interface SimProcessorOptions {
  readonly topic?: string;
  /** By the name of the life (`a.1`): a restart may bring other settings. */
  readonly decision?: (owner: string) => Partial<DecisionSettings>;
  /** Of its settings; 0 by default. Other settings than those of the history need a higher one. */
  readonly revision?: (owner: string) => number;
  /** Its rules file; their revision is the one that counts. */
  readonly rules?: (owner: string) => LoadedRules | undefined;
  /** The schema registry. */
  readonly schemaParts?: SchemaParts;
  readonly limits?: Partial<SimLimits>;
  readonly observer?: Observer;
  readonly untilCaughtUp?: boolean;
  /** Default: true. Drawn delays are short, so that much is late. */
  readonly acceptClockRisk?: boolean;
  /** Default: true. The first look at a topic draws nothing and changes no row; drawn runs begin without it. */
  readonly acceptNothing?: boolean;
  readonly isEmulator?: boolean;
  /** The tables are on Delta Lake. */
  readonly delta?: DeltaParts | undefined;
  readonly deltaLimits?: Partial<SimDeltaLimits> | undefined;
  /** The ports changed in some way: a weakened processor, to see that the lab finds it. Of the sink on BigQuery. */
  readonly weaken?: (wiring: SimWiring) => SimWiring;
}

/** Small batches: many appends from few records; checkpoints by rows as well as by time; partitions that wait for their turn, and for the one that is rebuilt. */
export const SIM_LIMITS: SimLimits = {
  ...DEFAULT_LIMITS,
  ...DEFAULT_WRITER_LIMITS,
  maxBatchRecords: 16,
  maxAppendRows: 8,
  checkpointRows: 150,
  maxAppendsInFlight: 4,
  maxRebuilds: 1,
};

/** The ports that the processor is built on, in one life of a process. */
export function processorPorts(
  ports: SimPorts,
  { observer = silentObserver, isEmulator, weaken = (same) => same, limits, schemaParts }: SimProcessorOptions,
): ProcessorPorts {
  const { runtime, log, queries, inspection, rpc, encoder, disk } = ports;
  const streams = new BigQueryWriteStreams({
    rpc,
    runtime,
    dataset: SIM_DATASET,
    limits: DEFAULT_SINK_LIMITS,
    isEmulator: isEmulator ?? true,
    encoder,
  });
  const wired = weaken({ runtime, log, queries, inspection, streams, encoder, state: disk, observer });
  const pass = (point: CrashPoint) => ports.pass(point);
  const sink = processorSink({ ...withSinkCrashPoints(wired, pass), limits: writerLimits(limits) });
  return withCrashPoints({ ...wired, sink, schemaParts }, pass);
}

function writerLimits(given: Partial<SimLimits> = {}): WriterLimits {
  const { maxAppendRows, maxAppendBytes, streamMaxIdleMs } = { ...SIM_LIMITS, ...given };
  return { maxAppendRows, maxAppendBytes, streamMaxIdleMs };
}

function processorLimits(given: Partial<SimLimits> = {}): ProcessorLimits {
  const {
    maxAppendRows: _rows,
    maxAppendBytes: _bytes,
    streamMaxIdleMs: _idle,
    ...limits
  } = { ...SIM_LIMITS, ...given };
  return limits;
}

export function processorSettings(owner: string, options: SimProcessorOptions): ProcessorSettings {
  const { minEventTimeMs, ...fixed } = defaultFixedSettings(EPOCH_MS);
  const decision = { ...DEFAULT_DECISION_SETTINGS, watermarkDelayMs: 60_000, ...options.decision?.(owner) };
  const rules = options.rules?.(owner);
  return {
    topic: options.topic ?? 'payment-events',
    owner,
    seed: { ...fixed, minEventAgeMs: EPOCH_MS - minEventTimeMs },
    revision: rules?.revision ?? options.revision?.(owner) ?? 0,
    decision: rules === undefined ? decision : { ...decision, fraud: rules.rules.fraud },
    ...(rules === undefined ? {} : { rules }),
    startAt: { kind: 'earliest' },
    untilCaughtUp: options.untilCaughtUp ?? false,
    acceptClockRisk: options.acceptClockRisk ?? true,
    acceptNothing: options.acceptNothing ?? true,
    limits: processorLimits(options.limits),
  };
}

/** A ProcessMain that runs the processor until it is stopped, or ends by itself. */
export function processorMain(options: SimProcessorOptions = {}): (ports: SimPorts) => Promise<ExitReport> {
  const { delta } = options;
  if (delta !== undefined) return (ports) => runOnDelta(ports, delta, options);
  return (ports) => {
    const processor = new Processor(processorSettings(ports.name, options), processorPorts(ports, options));
    return processor.run(ports.stopSignal);
  };
}

/** Makes the tables first, as an operator does: several processes at once. */
async function runOnDelta(ports: SimPorts, delta: DeltaParts, options: SimProcessorOptions): Promise<ExitReport> {
  const { observer = silentObserver, schemaParts, deltaLimits, limits } = options;
  const rules = options.rules?.(ports.name);
  const { maxAppendRows } = { ...SIM_LIMITS, ...limits };
  const process = delta.processorPorts(ports, {
    observer,
    rules,
    schemaParts,
    limits: { ...deltaLimits, maxAppendRows },
  });
  const error = await process.prepare();
  if (error !== undefined) return { exitCode: error instanceof UnreachableError ? 69 : 65, why: error.message, error };
  // Rows wait for a commit, not for an answer each: many appends are in flight.
  const settings = processorSettings(ports.name, { ...options, limits: { maxAppendsInFlight: 64, ...limits } });
  return new Processor(settings, process.ports).run(ports.stopSignal);
}
