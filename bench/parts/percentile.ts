/** Percentiles of many numbers. */

/**
 * The smallest value that at least this many percent of the values do not exceed. Sorts in place; throws without
 * values.
 */
export function percentilesOf(values: Float64Array, percents: readonly number[]): number[] {
  if (values.length === 0) throw new Error('no values to take a percentile of');
  values.sort();
  return percents.map((percent) => values[Math.max(0, Math.ceil((percent / 100) * values.length) - 1)]!);
}

/** p50, p90, p99 and the maximum, rounded to whole ms. */
export function latencySummary(latenciesMs: readonly number[]) {
  const [p50, p90, p99, max] = percentilesOf(Float64Array.from(latenciesMs), [50, 90, 99, 100]).map(Math.round);
  return { p50: p50!, p90: p90!, p99: p99!, max: max!, records: latenciesMs.length };
}
