/** Joins the reports of separate threads, in the order of their runs. */
import type { TamperReport } from './run-tamperings.ts';

export function mergedReports(reports: readonly TamperReport[]): TamperReport {
  const [first, ...more] = reports;
  if (first === undefined) throw new RangeError('there is nothing to merge');
  return more.reduce(merged, first);
}

function merged(a: TamperReport, b: TamperReport): TamperReport {
  return {
    seed: a.seed,
    runs: a.runs + b.runs,
    strata: byName(a.strata, b.strata, (x, y) => ({
      drawn: x.drawn + y.drawn,
      noticed: x.noticed + y.noticed,
      by: sums(x.by, y.by),
      excused: sums(x.excused, y.excused),
      unnoticed: x.unnoticed + y.unnoticed,
    })),
    entries: byName(a.entries, b.entries, (x, y) => ({ excused: x.excused + y.excused, found: x.found + y.found })),
    takeovers: sums(a.takeovers, b.takeovers),
    unnoticed: [...a.unnoticed, ...b.unnoticed].sort((x, y) => x.run - y.run),
    harm: [...a.harm, ...b.harm].sort((x, y) => x.run - y.run),
  };
}

function byName<T>(
  a: Readonly<Record<string, T>>,
  b: Readonly<Record<string, T>>,
  add: (x: T, y: T) => T,
): Record<string, T> {
  return Object.fromEntries(Object.entries(a).map(([name, value]) => [name, name in b ? add(value, b[name]!) : value]));
}

function sums(a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>): Record<string, number> {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
  return Object.fromEntries(names.map((name) => [name, (a[name] ?? 0) + (b[name] ?? 0)]));
}
