/**
 * The parts of a processor, opened from its configuration: real log, real sink, local state. The command `process` adds logs
 * and metrics; a program that embeds a processor brings an observer of its own (src/entry/processor.ts).
 */
import { readFileSync } from 'node:fs';
import { ContradictionError } from '../base/errors.ts';
import { systemRuntime } from '../base/system-runtime.ts';
import type { KafkaConnectionOptions } from '../kafka/client/connection-options.ts';
import type { MemberNotes } from '../kafka/group/group-member.ts';
import { KafkaLogSource } from '../kafka/kafka-log-source.ts';
import { type OpenedState, openStateStore } from '../local-state/open-state-store.ts';
import { layoutOf } from '../payments/row-layout.ts';
import { withCrashPoints } from '../processor/crash-points.ts';
import type { Observer } from '../processor/events.ts';
import { DEFAULT_LIMITS } from '../processor/limits.ts';
import { lookBeforeTables } from '../processor/look-before-tables.ts';
import { type ExitReport, Processor, type ProcessorPorts } from '../processor/processor.ts';
import type { ProcessorSettings } from '../processor/settings.ts';
import { openSink } from '../sinks/open-sink.ts';
import type { OpenedSink } from '../sinks/opened-sink.ts';
import { kafkaConnection } from './config/kafka-connection.ts';
import type { ProcessConfig } from './config/process-config.ts';
import { schemaParts } from './config/registry-config.ts';
import { isDeadOwner } from './dead-owner.ts';

export interface RunOptions {
  /** This process among those of the group: see dead-owner.ts. */
  readonly owner: string;
  readonly observer: Observer;
  /** Where the Kafka client's own lines go. */
  readonly kafkaLog?: KafkaConnectionOptions['log'];
  /** Called at each crash point; tests end the process there. */
  readonly killHit?: Parameters<typeof withCrashPoints>[1] | undefined;
}

const CLIENT_ID_PREFIX = 'provenonce-';
/** A member learns of a rebalance with its next heartbeat: partitions that are to move wait that long. */
const HEARTBEAT_MS = 1_000;

/** Runs until `stop`, or until no partition can continue. Rejects if a service or the configuration fails before that. */
export async function runFromConfig(
  config: ProcessConfig,
  stop: AbortSignal,
  options: RunOptions,
): Promise<ExitReport> {
  const { owner, observer, killHit } = options;
  const sink = await openProcessSink(config, observer);
  try {
    const state = openState(config, observer);
    const ports: ProcessorPorts = {
      runtime: systemRuntime,
      observer,
      log: openLog(config, options, state.memberNote),
      sink: sink.processor({ observer, hit: killHit }),
      state,
      schemaParts: schemaParts(config.registry, config.process.unreachableAfterMs, (file) =>
        readFileSync(file, 'utf8'),
      ),
    };
    sink.connect();
    const settings = settingsOf(config, owner, sink);
    const clustering = config.process.clusteringColumns;
    const beforeFirst = (): Promise<void> => lookBeforeTables(settings, ports, stop);
    const ensured = sink.prepare({ clustering, beforeFirst }).then(({ warnings }) => {
      for (const detail of warnings) observer.emit({ type: 'log.warning', what: 'dataset', detail });
    });
    const early = await firstOf(ensured, stop);
    if (early !== undefined) {
      observer.emit({ type: 'processor.stopped', exitCode: early.exitCode, why: early.why });
      return early;
    }
    const processor = new Processor(settings, killHit === undefined ? ports : withCrashPoints(ports, killHit));
    return await processor.run(stop);
  } finally {
    await sink.close();
  }
}

/** How it ends before it began: the stop came first, or the tables are not what they were. Rejects when the work does. */
async function firstOf(work: Promise<void>, stop: AbortSignal): Promise<ExitReport | undefined> {
  const stopped = new Promise<ExitReport>((resolve) => {
    const onStop = (): void => resolve({ exitCode: 0, why: 'asked to stop' });
    if (stop.aborted) onStop();
    else stop.addEventListener('abort', onStop, { once: true });
  });
  try {
    return (await Promise.race([work, stopped])) ?? undefined;
  } catch (error) {
    if (!(error instanceof ContradictionError)) throw error;
    return { exitCode: 65, why: `${error.code}: ${error.message}`, error };
  }
}

export function settingsOf(
  config: ProcessConfig,
  owner: string,
  sink?: Pick<OpenedSink, 'processorLimits'>,
): ProcessorSettings {
  const { checkpointIntervalMs, checkpointRows, maxAppendsInFlight, stopTimeoutMs } = config.process;
  const { untilCaughtUp, acceptClockRisk, acceptNothing } = config.process;
  return {
    topic: config.kafka.topic,
    owner,
    seed: config.seed,
    revision: config.rules.revision,
    decision: config.decision,
    ...(config.rules.rules === undefined ? {} : { rules: config.rules.rules }),
    ...(config.rules.file === undefined ? {} : { rulesFile: config.rules.file }),
    startAt: config.startAt,
    untilCaughtUp,
    acceptClockRisk,
    acceptNothing,
    limits: {
      ...DEFAULT_LIMITS,
      checkpointIntervalMs,
      checkpointRows,
      maxAppendsInFlight,
      stopTimeoutMs,
      ...sink?.processorLimits?.({ checkpointIntervalMs }),
    },
  };
}

function openProcessSink(config: ProcessConfig, observer: Observer): Promise<OpenedSink> {
  const { unreachableAfterMs, maxInFlightBytes, appendDeadlineMs } = config.process;
  return openSink(config.sink, {
    runtime: systemRuntime,
    limits: { unreachableAfterMs, maxInFlightBytes, appendDeadlineMs },
    layout: layoutOf(config.rules.rules === undefined ? [] : [config.rules.rules.rules]),
    onWaiting: (waiting) => observer.emit({ type: 'service.waiting', ...waiting }),
    onRecovered: ({ service, waitedMs }) => observer.emit({ type: 'service.recovered', service, waitedMs }),
  });
}

export function openLog(
  config: ProcessConfig,
  { owner, observer, kafkaLog }: RunOptions,
  memberNotes: MemberNotes | undefined,
): KafkaLogSource {
  const { groupId, sessionTimeoutMs, maxBufferedBytes, unreachableAfterMs } = config.process;
  const connection = kafkaConnection(config.kafka, `${CLIENT_ID_PREFIX}${owner}`, (file) => readFileSync(file, 'utf8'));
  return new KafkaLogSource(
    {
      connection: kafkaLog === undefined ? connection : { ...connection, log: kafkaLog },
      topic: config.kafka.topic,
      groupId,
      memberNotes,
      isDeadClient: (clientId) =>
        clientId.startsWith(CLIENT_ID_PREFIX) && isDeadOwner(clientId.slice(CLIENT_ID_PREFIX.length), owner),
      onPredecessorRemoved: (memberId) => observer.emit({ type: 'group.dead_member_removed', groupId, memberId }),
      maxBufferedBytes,
      maxBufferedBytesPerPartition: Math.min(maxBufferedBytes, 2 * 1024 * 1024),
      sessionTimeoutMs,
      heartbeatIntervalMs: Math.min(HEARTBEAT_MS, Math.floor(sessionTimeoutMs / 3)),
      unreachableAfterMs,
      onWaiting: (wait) => observer.emit({ type: 'service.waiting', service: 'kafka', ...wait }),
      onRecovered: (_, waitedMs) => observer.emit({ type: 'service.recovered', service: 'kafka', waitedMs }),
      onSessionLost: (silentMs) => observer.emit({ type: 'group.session_lost', groupId, silentMs }),
      onCommitFailed: (partition, nextOffset, error) =>
        observer.emit({ type: 'offset.commit_failed', partition, nextOffset, error }),
    },
    systemRuntime,
  );
}

function openState(config: ProcessConfig, observer: Observer): OpenedState {
  return openStateStore({
    location: config.process.checkpointLocation,
    topic: config.kafka.topic,
    nowMs: systemRuntime.nowMs(),
    onDiscard: (partition, why) => observer.emit({ type: 'state.discarded', partition, why }),
    onProblem: (partition, problem) =>
      observer.emit({
        type: 'log.warning',
        what: partition === undefined ? 'local state' : `local state of partition ${partition}`,
        detail: problem,
      }),
  });
}
