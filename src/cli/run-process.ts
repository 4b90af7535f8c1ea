/** Builds a processor from its configuration: real log, real sink, local state, logs and metrics. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import pino from 'pino';
import { systemRuntime } from '../base/system-runtime.ts';
import { healthObserver } from '../observability/health.ts';
import { logObserver } from '../observability/log-observer.ts';
import { createLogger, resolveLogFormat } from '../observability/logger.ts';
import { createMetrics, watchProcess } from '../observability/metrics.ts';
import { metricsObserver } from '../observability/metrics-observer.ts';
import { startMetricsServer } from '../observability/metrics-server.ts';
import { PartitionRoster } from '../observability/partition-roster.ts';
import { progressReporter } from '../observability/progress.ts';
import { rejectionReporter } from '../observability/rejections.ts';
import { CRASH_POINTS, DELTA_CRASH_POINTS } from '../processor/crash-points.ts';
import { observers } from '../processor/events.ts';
import type { ExitReport } from '../processor/processor.ts';
import type { ProcessConfig } from './config/process-config.ts';
import { ownerName } from './dead-owner.ts';
import { killAt } from './kill-at.ts';
import { alsoTellBugs } from './last-resort.ts';
import { type RunOptions, runFromConfig } from './run-from-config.ts';

const VERSION = (
  JSON.parse(readFileSync(path.join(import.meta.dirname, '../../package.json'), 'utf8')) as { version: string }
).version;

/** Runs until stopped. Throws ConfigurationError before anything is touched; otherwise reports how it ended. */
export async function runProcess(
  config: ProcessConfig,
  stop: AbortSignal,
  env: NodeJS.ProcessEnv,
): Promise<ExitReport> {
  const runtime = systemRuntime;
  const owner = ownerName(runtime.uuid());
  const killHit = killAt(env.PROVENONCE_CRASH_AT, config.sink.kind === 'delta' ? DELTA_CRASH_POINTS : CRASH_POINTS);
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
  const roster = new PartitionRoster();
  const toMetrics = metricsObserver(metrics, runtime.nowMs, roster);
  const health = healthObserver(roster);
  const toLog = logObserver(logger);
  const progress = progressReporter(runtime, roster);
  const rejections = rejectionReporter(runtime, toLog);
  const observer = observers(roster, toLog, toMetrics, health, progress, rejections);
  const server = await startMetricsServer({
    host: config.process.metricsHost,
    port: config.process.metricsPort,
    registry: metrics.registry,
    readiness: health.readiness,
    refresh: () => toMetrics.refresh(),
  });
  logger.info({ event: 'metrics.listening', port: server.port, host: config.process.metricsHost });
  const ended = new AbortController();
  void progress.run(observers(toLog, rejections), ended.signal);
  try {
    const kafkaLog: RunOptions['kafkaLog'] = (level, event, fields) => logger[level]({ event, ...fields });
    const report = await runFromConfig(config, stop, { owner, observer, kafkaLog, killHit });
    if (report.exitCode === 70) logger.error({ event: 'processor.bug', error: report.error });
    return report;
  } finally {
    ended.abort(new Error('the process has ended'));
    await server.close();
    forgetLog();
  }
}
