/**
 * The metrics by name, in a registry of their own. The docs list them; alert rules and the dashboard use these names.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export interface BuildInfo {
  readonly version: string;
  readonly nodeVersion: string;
}

export type Metrics = ReturnType<typeof createMetrics>;

const APPEND_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const END_TO_END_SECONDS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3_600];
const TAKEOVER_SECONDS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

/** Gauges of prom-client with a counter's suffix; each also exists by type, without it. */
const MISNAMED = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

export function createMetrics(build: BuildInfo) {
  const registry = new Registry();
  const registers = [registry];
  const partition = ['partition'] as const;
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    new Counter({ name: `provenonce_${name}`, help, labelNames: [...labelNames], registers });
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    new Gauge({ name: `provenonce_${name}`, help, labelNames: [...labelNames], registers });
  const histogram = <L extends string>(name: string, help: string, buckets: number[], labelNames: readonly L[]) =>
    new Histogram({ name: `provenonce_${name}`, help, labelNames: [...labelNames], buckets, registers });

  const metrics = {
    registry,
    consumed: counter('records_consumed_total', 'Records folded since the start of the partition.', partition),
    dispositions: counter('records_total', 'Records by disposition, since the start of the partition.', [
      ...partition,
      'disposition',
    ]),
    rejections: counter('rejections_total', 'Rejected records by reason code, folded by this process.', ['reason']),
    watermark: gauge('watermark_timestamp_seconds', 'Watermark of the partition, as event time.', partition),
    watermarkLag: gauge('watermark_lag_seconds', 'Wall clock less the watermark, when it was last set.', partition),
    consumerLag: gauge('consumer_lag_records', 'Records in the log that are not folded yet.', partition),
    nextOffset: gauge('checkpoint_next_offset', 'Everything below is in the tables.', partition),
    stateIds: gauge('state_ids', 'Transaction ids that are known.', partition),
    stateBytes: gauge('state_bytes', 'Estimated memory of the state.', partition),
    stateDiscards: counter('state_discards_total', 'Local states that could not be used.', partition),
    appendSeconds: histogram('append_duration_seconds', 'From sending rows to their acknowledgement.', APPEND_SECONDS, [
      'table',
    ]),
    appendRows: counter('append_rows_total', 'Rows acknowledged.', ['table']),
    appendBytes: counter('append_bytes_total', 'Bytes of acknowledged rows.', ['table']),
    serviceWaits: counter('service_retries_total', 'Requests retried because a service did not answer.', ['service']),
    deadMembers: counter(
      'dead_group_members_removed_total',
      'Killed predecessors removed from the consumer group.',
      [],
    ),
    takeovers: counter('takeovers_total', 'Partitions taken over.', partition),
    takeoverSeconds: histogram('takeover_duration_seconds', 'From claim to folding.', TAKEOVER_SECONDS, []),
    lostClaims: counter('lost_claims_total', 'Claims that another process won.', partition),
    fencings: counter('fencings_total', 'Times that another process took a partition from this one.', partition),
    commitFailures: counter('offset_commit_failures_total', 'Commits that Kafka refused; harmless.', partition),
    checkpoints: counter('checkpoints_total', 'Checkpoint rows written.', partition),
    checkpointTime: gauge('checkpoint_timestamp_seconds', 'When the last checkpoint was written.', partition),
    checkpointAge: gauge('checkpoint_age_seconds', 'Time since the last checkpoint, when scraped.', partition),
    endToEndSeconds: histogram(
      'end_to_end_duration_seconds',
      'From the Kafka timestamp of the newest record of a checkpoint until it is in the tables.',
      END_TO_END_SECONDS,
      [],
    ),
    owned: gauge('partition_owned', '1 while this process writes the partition.', partition),
    stopped: gauge('partition_stopped', '1 for a partition that cannot continue; the log says why.', [
      ...partition,
      'code',
    ]),
  };
  new Gauge({
    name: 'provenonce_build_info',
    help: 'Always 1; what runs here.',
    labelNames: ['version', 'node_version'],
    registers,
  }).set({ version: build.version, node_version: build.nodeVersion }, 1);
  return metrics;
}

/** Memory, CPU and event loop of the process; a separate function, because it starts observing. */
export function watchProcess(metrics: Metrics): void {
  collectDefaultMetrics({ register: metrics.registry });
  for (const name of MISNAMED) metrics.registry.removeSingleMetric(name);
}
