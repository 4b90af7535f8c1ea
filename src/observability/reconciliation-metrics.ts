/**
 * The result of a reconciliation as a file for the node exporter's textfile collector: the command has ended before a
 * scrape.
 */
import { Gauge, Registry } from 'prom-client';

export function createReconciliationMetrics() {
  const registry = new Registry();
  const registers = [registry];
  return {
    registry,
    days: new Gauge({
      name: 'provenonce_reconciliation_days',
      help: 'Days that the last reconciliation looked at, by what it found.',
      labelNames: ['status'],
      registers,
    }),
    finishedAt: new Gauge({
      name: 'provenonce_reconciliation_timestamp_seconds',
      help: 'When the last reconciliation finished.',
      registers,
    }),
  };
}

/** In Prometheus' text format. `nowMs`: when it finished. */
export function reconciliationText(days: readonly { readonly pass: boolean }[], nowMs: number): Promise<string> {
  const metrics = createReconciliationMetrics();
  const failed = days.filter(({ pass }) => !pass).length;
  metrics.days.set({ status: 'pass' }, days.length - failed);
  metrics.days.set({ status: 'fail' }, failed);
  metrics.finishedAt.set(nowMs / 1_000);
  return metrics.registry.metrics();
}
