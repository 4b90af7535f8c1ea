/** Which files may hold rows, by their statistics. Invariant: a file is passed over only if its statistics exclude such rows. */
import type { DataFile } from '../ports.ts';
import { timeOf } from './statistics.ts';

/** Whether the file may have a row with these whole numbers. */
export function mayHold(file: DataFile, values: Readonly<Record<string, number>>): boolean {
  return Object.entries(values).every(([name, value]) => {
    const [least, greatest] = [leastOf(file, name), greatestOf(file, name)];
    return !(least !== undefined && least > value) && !(greatest !== undefined && greatest < value);
  });
}

/** Whether the file may have a row whose whole number is at or above `from`. */
export function mayReach(file: DataFile, name: string, from: number): boolean {
  const greatest = greatestOf(file, name);
  return greatest === undefined || greatest >= from;
}

/** Whether the file may have a row whose whole number is below `to`. */
export function mayBegin(file: DataFile, name: string, to: number): boolean {
  const least = leastOf(file, name);
  return least === undefined || least < to;
}

/** Whether the file may have a row whose time is at or past this one. Other writers cut their greatest times to milliseconds. */
export function mayReachTime(file: DataFile, name: string, fromMs: number): boolean {
  const greatest = timeOf(file.stats?.max[name]);
  return greatest === undefined || greatest + 1 >= fromMs;
}

export function leastOf({ stats }: DataFile, name: string): number | undefined {
  const value = stats?.min[name];
  return typeof value === 'number' ? value : undefined;
}

export function greatestOf({ stats }: DataFile, name: string): number | undefined {
  const value = stats?.max[name];
  return typeof value === 'number' ? value : undefined;
}
