/** The spread of repeated measurements. */

export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

export function spreadOf(values: readonly number[]): Spread {
  const ascending = values.toSorted((left, right) => left - right);
  return {
    min: ascending[0] as number,
    median: ascending[Math.floor(ascending.length / 2)] as number,
    max: ascending.at(-1) as number,
  };
}

/** `1,234 to 2,345, median 2,000`. */
export function spreadText({ min, median, max }: Spread): string {
  return `${min.toLocaleString('en')} to ${max.toLocaleString('en')}, median ${median.toLocaleString('en')}`;
}

/** Microseconds of processor time of this process, all its threads, while `work` runs. */
export function cpuTimeUs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}
