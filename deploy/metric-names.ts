/**
 * Names of series in PromQL, against those of the registries and the recording rules. Series of other exporters are
 * listed.
 */
import type { Registry } from 'prom-client';

/** Series of others, with their owners. */
const OTHERS: Readonly<Record<string, string>> = {
  kube_job_status_failed: 'kube-state-metrics',
  process_resident_memory_bytes: 'prom-client',
  process_cpu_seconds_total: 'prom-client',
  nodejs_eventloop_lag_p99_seconds: 'prom-client',
};

/** Every name that a query may use: a histogram has three. */
export function knownNames(registries: readonly Registry[], recorded: readonly string[]): ReadonlySet<string> {
  const declared = registries.flatMap((registry) => registry.getMetricsAsArray());
  const names = declared.flatMap(({ name, type }) => {
    const isHistogram = (type as unknown) === 'histogram';
    return isHistogram ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name];
  });
  return new Set([...names, ...recorded, ...Object.keys(OTHERS)]);
}

/**
 * Unknown names in an expression. A name is a word with an underscore or a colon outside quotes, brackets and `by (…)`.
 */
export function unknownNamesIn(expression: string, known: ReadonlySet<string>): string[] {
  const bare = expression
    .replaceAll(/"[^"]*"/g, '')
    .replaceAll(/\{[^}]*\}|\[[^\]]*\]/g, '')
    .replaceAll(/\b(?:by|on|without|ignoring)\s*\([^)]*\)/g, '');
  const words = [...bare.matchAll(/[a-z][a-z0-9]*(?:[_:]+[a-z0-9]+)+(?!\w*\s*\()/g)].map(([word]) => word);
  return [...new Set(words)].filter((word) => !known.has(word));
}
