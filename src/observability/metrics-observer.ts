/**
 * Turns events of the processor into metrics.
 *
 * Counts of records come from the partition's own counters, which continue across restarts and owners. A partition that
 * is lost in any way takes its series with it: so the sum over all processes counts every record once, and no alert
 * fires for the past state of a partition that has another owner now.
 */
import type { Counter } from 'prom-client';
import type { Counters } from '../payments/types.ts';
import type { Observer, ProcessorEvent } from '../processor/events.ts';
import type { Metrics } from './metrics.ts';
import type { PartitionRoster } from './partition-roster.ts';

export interface MetricsObserver extends Observer {
  /** Updates what depends on the time; call before a scrape. */
  refresh(): void;
}

/** `roster` gets each event before it does. */
export function metricsObserver(metrics: Metrics, nowMs: () => number, roster: PartitionRoster): MetricsObserver {
  const folded = new Map<number, Readonly<Counters>>();
  const checkpointedAtMs = new Map<number, number>();
  /** The code that a partition's series stands under. */
  const stoppedWith = new Map<number, string>();
  /** Lost, and not taken over again since: later events of them must not bring their series back. */
  const lost = new Set<number>();

  function clearStopped(partition: number): void {
    const code = stoppedWith.get(partition);
    if (code !== undefined) metrics.stopped.remove({ partition, code });
    stoppedWith.delete(partition);
  }

  /** Another process may own it from now on. */
  function lose(partition: number): void {
    lost.add(partition);
    folded.delete(partition);
    checkpointedAtMs.delete(partition);
    clearStopped(partition);
    forgetSeries(metrics, partition);
  }

  /** The group has assigned again what it may have given to others meanwhile. */
  function regain(partition: number): void {
    if (!roster.held.has(partition) || !lost.delete(partition)) return;
    metrics.owned.set({ partition }, 1);
  }

  function emit(event: ProcessorEvent): void {
    switch (event.type) {
      case 'batch.folded': {
        for (const { code, count } of event.rejections ?? []) metrics.rejections.inc({ reason: code }, count);
        if (lost.has(event.partition)) return;
        const before = folded.get(event.partition);
        // A takeover goes back to the checkpoint: the series restarts, as after a restart of the process.
        if (before !== undefined && event.counters.consumed < before.consumed) forgetCounts(metrics, event.partition);
        addCounts(metrics, event.partition, folded, event.counters);
        setWatermark(metrics, event.partition, event.watermarkMs, nowMs());
        metrics.consumerLag.set({ partition: event.partition }, Math.max(0, event.endOffset - event.nextOffset));
        return;
      }
      case 'checkpoint.written': {
        if (lost.has(event.partition)) return;
        const labels = { partition: event.partition };
        checkpointedAtMs.set(event.partition, nowMs());
        metrics.checkpoints.inc(labels);
        metrics.checkpointTime.set(labels, nowMs() / 1_000);
        metrics.nextOffset.set(labels, event.nextOffset);
        metrics.stateIds.set(labels, event.ids);
        metrics.stateBytes.set(labels, event.stateBytes);
        metrics.endToEndSeconds.observe(Math.max(0, event.endToEndMs) / 1_000);
        return;
      }
      case 'append.acknowledged':
        metrics.appendSeconds.observe({ table: event.table }, event.tookMs / 1_000);
        metrics.appendRows.inc({ table: event.table }, event.rows);
        metrics.appendBytes.inc({ table: event.table }, event.bytes);
        return;
      case 'service.waiting':
        metrics.serviceWaits.inc({ service: event.service });
        return;
      case 'group.dead_member_removed':
        metrics.deadMembers.inc();
        return;
      case 'takeover.running':
        clearStopped(event.partition);
        lost.delete(event.partition);
        metrics.takeovers.inc({ partition: event.partition });
        metrics.takeoverSeconds.observe(event.tookMs / 1_000);
        metrics.owned.set({ partition: event.partition }, 1);
        return;
      case 'takeover.lost_claim':
        metrics.lostClaims.inc({ partition: event.partition });
        return;
      case 'partition.fenced':
        metrics.fencings.inc({ partition: event.partition });
        lose(event.partition);
        return;
      case 'partition.released':
        lose(event.partition);
        return;
      case 'assignment.changed':
        for (const partition of event.lost) lose(partition);
        for (const partition of event.partitions) regain(partition);
        return;
      case 'group.session_lost':
        for (const partition of roster.held) lose(partition);
        return;
      case 'partition.stopped':
        lose(event.partition);
        stoppedWith.set(event.partition, event.code);
        metrics.stopped.set({ partition: event.partition, code: event.code }, 1);
        return;
      case 'state.discarded':
        metrics.stateDiscards.inc({ partition: event.partition });
        return;
      case 'offset.commit_failed':
        metrics.commitFailures.inc({ partition: event.partition });
        return;
      default:
    }
  }

  function refresh(): void {
    for (const [partition, atMs] of checkpointedAtMs) {
      metrics.checkpointAge.set({ partition }, Math.max(0, nowMs() - atMs) / 1_000);
    }
  }

  return { emit, refresh };
}

const DISPOSITION_COUNTERS = [
  ['accepted', 'accepted'],
  ['duplicate', 'duplicates'],
  ['late', 'late'],
  ['rejected', 'rejected'],
] as const satisfies readonly (readonly [string, keyof Counters])[];

function addCounts(
  metrics: Metrics,
  partition: number,
  folded: Map<number, Readonly<Counters>>,
  now: Readonly<Counters>,
): void {
  const last = folded.get(partition);
  const before = last !== undefined && last.consumed <= now.consumed ? last : undefined;
  raise(metrics.consumed, { partition }, now.consumed - (before?.consumed ?? 0));
  for (const [disposition, key] of DISPOSITION_COUNTERS) {
    raise(metrics.dispositions, { partition, disposition }, now[key] - (before?.[key] ?? 0));
  }
  folded.set(partition, { ...now });
}

function raise<L extends string>(counter: Counter<L>, labels: Partial<Record<L, string | number>>, by: number): void {
  counter.inc(labels, Math.max(0, by));
}

function setWatermark(metrics: Metrics, partition: number, watermarkMs: number, nowMs: number): void {
  // Before the first accepted payment there is no watermark.
  if (!Number.isFinite(watermarkMs) || watermarkMs <= 0) return;
  metrics.watermark.set({ partition }, watermarkMs / 1_000);
  metrics.watermarkLag.set({ partition }, (nowMs - watermarkMs) / 1_000);
}

function forgetCounts(metrics: Metrics, partition: number): void {
  metrics.consumed.remove({ partition });
  for (const [disposition] of DISPOSITION_COUNTERS) metrics.dispositions.remove({ partition, disposition });
}

function forgetSeries(metrics: Metrics, partition: number): void {
  forgetCounts(metrics, partition);
  const { watermark, watermarkLag, consumerLag, nextOffset, stateIds, stateBytes, owned } = metrics;
  const { checkpointTime, checkpointAge } = metrics;
  for (const gauge of [watermark, watermarkLag, consumerLag, nextOffset, stateIds, stateBytes, owned]) {
    gauge.remove({ partition });
  }
  for (const gauge of [checkpointTime, checkpointAge]) gauge.remove({ partition });
}
