/** Builds a processor from its configuration: real log, real sink, local state, logs and metrics. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import pino from 'pino';
import { ContradictionError } from '../base/errors.ts';
import { systemRuntime } from '../base/system-runtime.ts';
import type { MemberNotes } from '../kafka/group/group-member.ts';
import { KafkaLogSource } from '../kafka/kafka-log-source.ts';
import { type OpenedState, openStateStore } from '../local-state/open-state-store.ts';
import { healthObserver } from '../observability/health.ts';
import { logObserver } from '../observability/log-observer.ts';
import { createLogger, resolveLogFormat } from '../observability/logger.ts';
import { createMetrics, watchProcess } from '../observability/metrics.ts';
import { metricsObserver } from '../observability/metrics-observer.ts';
import { startMetricsServer } from '../observability/metrics-server.ts';
import { progressReporter } from '../observability/progress.ts';
import { CRASH_POINTS, withCrashPoints } from '../processor/crash-points.ts';
import { type Observer, observers } from '../processor/events.ts';
import { DEFAULT_LIMITS } from '../processor/limits.ts';
import { type ExitReport, Processor, type ProcessorPorts } from '../processor/processor.ts';
import type { ProcessorSettings } from '../processor/settings.ts';
import type { DatasetLook } from '../sinks/bigquery/dataset/look.ts';
import { openSink, type Sink } from '../sinks/bigquery/open-sink.ts';
import { kafkaConnection } from './config/kafka-connection.ts';
import type { ProcessConfig } from './config/process-config.ts';
import { isDeadOwner, ownerName } from './dead-owner.ts';
import { killAt } from './kill-at.ts';
import { alsoTellBugs } from './last-resort.ts';

const VERSION = (
  JSON.parse(readFileSync(path.join(import.meta.dirname, '../../package.json'), 'utf8')) as { version: string }
).version;

const CLIENT_ID_PREFIX = 'provenonce-';
/** A member learns of a rebalance with its next heartbeat: partitions that move wait that long. */
const HEARTBEAT_MS = 1_000;

/** Runs until stopped. Throws ConfigurationError before anything is touched; otherwise returns how it ended. */
export async function runProcess(
  config: ProcessConfig,
  stop: AbortSignal,
  env: NodeJS.ProcessEnv,
  asked: Promise<DatasetLook | undefined>,
): Promise<ExitReport> {
  const runtime = systemRuntime;
  const owner = ownerName(runtime.uuid());
  const killHit = killAt(env.PROVENONCE_CRASH_AT, CRASH_POINTS);
  const logger = createLogger({
    level: config.process.logLevel,
    format: resolveLogFormat(config.process.logFormat, process.stdout.isTTY),
    base: { owner },
    // Synchronous, because the last lines before a kill matter most.
    destination: pino.destination({ dest: 1, sync: true }),
    nowMs: runtime.nowMs,
  });
  const forgetLog = alsoTellBugs((error) => logger.error({ event: 'processor.bug', error }));
  const metrics = createMetrics({ version: VERSION, nodeVersion: process.version });
  watchProcess(metrics);
  const toMetrics = metricsObserver(metrics, runtime.nowMs);
  const health = healthObserver();
  const toLog = logObserver(logger);
  const progress = progressReporter(runtime);
  const observer = observers(toLog, toMetrics, health, progress);
  const server = await startMetricsServer({
    host: config.process.metricsHost,
    port: config.process.metricsPort,
    registry: metrics.registry,
    readiness: health.readiness,
    refresh: () => toMetrics.refresh(),
  });
  logger.info({ event: 'metrics.listening', port: server.port, host: config.process.metricsHost });
  const sink = openProcessSink(config, observer);
  const ended = new AbortController();
  void progress.run(toLog, ended.signal);
  try {
    const state = openState(config, observer);
    const ports: ProcessorPorts = {
      runtime,
      observer,
      log: openLog(config, owner, { observer, logger, memberNotes: state.memberNote }),
      queries: sink.queries,
      inspection: sink.inspector,
      streams: sink.streams,
      encoder: sink.encoder,
      state,
    };
    sink.connect();
    const ensured = asked.then(async (look) => {
      const { warnings } = await sink.ensureSchema(config.process.clusteringColumns, look);
      for (const detail of warnings) observer.emit({ type: 'log.warning', what: 'dataset', detail });
    });
    const early = await firstOf(ensured, stop);
    if (early !== undefined) {
      observer.emit({ type: 'processor.stopped', exitCode: early.exitCode, why: early.why });
      return early;
    }
    const processor = new Processor(
      settingsOf(config, owner),
      killHit === undefined ? ports : withCrashPoints(ports, killHit),
    );
    const report = await processor.run(stop);
    if (report.exitCode === 70) logger.error({ event: 'processor.bug', error: report.error });
    return report;
  } finally {
    ended.abort(new Error('the process has ended'));
    await sink.close();
    await server.close();
    forgetLog();
  }
}

/**
 * An ending before the processor began: the stop came first, or the tables have changed. Rejects when the work does.
 */
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

function settingsOf(config: ProcessConfig, owner: string): ProcessorSettings {
  const { checkpointIntervalMs, checkpointRows, maxAppendsInFlight, stopTimeoutMs } = config.process;
  const { untilCaughtUp, acceptClockRisk } = config.process;
  return {
    topic: config.kafka.topic,
    owner,
    seed: config.seed,
    decision: config.decision,
    startAt: config.startAt,
    untilCaughtUp,
    acceptClockRisk,
    limits: { ...DEFAULT_LIMITS, checkpointIntervalMs, checkpointRows, maxAppendsInFlight, stopTimeoutMs },
  };
}

function openProcessSink(config: ProcessConfig, observer: Observer): Sink {
  const { unreachableAfterMs, maxInFlightBytes, appendDeadlineMs } = config.process;
  return openSink({
    ...config.bigquery,
    runtime: systemRuntime,
    limits: { unreachableAfterMs, maxInFlightBytes, appendDeadlineMs },
    onWaiting: (waiting) => observer.emit({ type: 'service.waiting', ...waiting }),
    onRecovered: ({ service, waitedMs }) => observer.emit({ type: 'service.recovered', service, waitedMs }),
  });
}

interface LogParts {
  readonly observer: Observer;
  readonly logger: pino.Logger;
  readonly memberNotes: MemberNotes | undefined;
}

function openLog(config: ProcessConfig, owner: string, { observer, logger, memberNotes }: LogParts): KafkaLogSource {
  const { groupId, sessionTimeoutMs, maxBufferedBytes, unreachableAfterMs } = config.process;
  const connection = kafkaConnection(config.kafka, `${CLIENT_ID_PREFIX}${owner}`, (file) => readFileSync(file, 'utf8'));
  return new KafkaLogSource(
    {
      connection: { ...connection, log: (level, event, fields) => logger[level]({ event, ...fields }) },
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
