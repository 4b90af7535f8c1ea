/** Which partitions the topic has, as the ownership rows say: its count when it was seeded, or since it was last changed. */
import type { Generation } from '../payments/types.ts';
import type { Ownership } from './ports.ts';

/** The generation in force, and where it begins in this partition; undefined where the count was never changed. */
export function generationOf({
  history,
}: Pick<Ownership, 'history'>): (Generation & { readonly fromOffset: number }) | undefined {
  const entry = history.findLast(({ generation }) => generation !== undefined);
  return entry?.generation === undefined ? undefined : { ...entry.generation, fromOffset: entry.fromOffset };
}

export function partitionsOf(ownership: Pick<Ownership, 'history' | 'partitionCount'>): number {
  return generationOf(ownership)?.partitions ?? ownership.partitionCount;
}
