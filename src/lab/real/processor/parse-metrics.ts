/** Prometheus's text format, as far as a history needs it: numbers by series, histogram buckets left out. */
export function parseMetrics(page: string): Record<string, number> {
  const values: Record<string, number> = {};
  for (const line of page.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const gap = line.lastIndexOf(' ');
    const series = line.slice(0, gap);
    const value = Number(line.slice(gap + 1));
    if (gap > 0 && Number.isFinite(value) && !/^[^{]*_bucket[{]/.test(series)) values[series] = value;
  }
  return values;
}
