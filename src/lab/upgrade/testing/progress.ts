/** What processors of an upgrade test have come to, by their events. */
import type { ProcessorChild } from '../../real/processor/processor-child.ts';
import type { UpgradeWorld } from './upgrade-world.ts';

/** On a machine that is busy with other things; a step takes seconds. */
export const STEP_WITHIN_MS = 240_000;

/** Partitions that its last assignment gave it. */
function assigned(child: ProcessorChild): readonly number[] {
  return child.eventsOf('assignment.changed').at(-1)?.partitions ?? [];
}

/** It wrote a checkpoint past where it took the partition over. */
export function advances(child: ProcessorChild, partition: number): boolean {
  const of = (event: { readonly partition: number }): boolean => event.partition === partition;
  const from = child.eventsOf('takeover.positioned').findLast(of)?.resumeOffset;
  const to = child.eventsOf('checkpoint.written').findLast(of)?.nextOffset;
  return from !== undefined && to !== undefined && to > from;
}

/** The group has given it that many partitions, and it advances each. Returns them. */
export async function shares(world: UpgradeWorld, child: ProcessorChild, count: number): Promise<readonly number[]> {
  const what = (): string => `${child.name}, which has partitions ${assigned(child).join()}, advances ${count}`;
  await world.until(what, STEP_WITHIN_MS, async () => {
    // The group may change its mind until the last member is in.
    const partitions = assigned(child);
    return partitions.length === count && partitions.every((partition) => advances(child, partition));
  });
  return assigned(child);
}
