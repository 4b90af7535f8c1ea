/** An observer on a roster of its own that gets each event before it, as in a process. */
import { type Observer, observers } from '../../processor/events.ts';
import { PartitionRoster } from '../partition-roster.ts';

export function onRoster<T extends Observer>(make: (roster: PartitionRoster) => T): T {
  const roster = new PartitionRoster();
  const observer = make(roster);
  return { ...observer, emit: observers(roster, observer).emit };
}
