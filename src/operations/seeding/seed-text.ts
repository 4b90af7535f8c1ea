/** What `seed` did, or would do, for people. */
import { textOfLines } from '../../base/text/printable.ts';
import type { SeedPlan } from './seed-topic.ts';

const PARTITIONS_SHOWN = 20;

export function seedText({ topic, partitions, known }: SeedPlan, dryRun: boolean): string {
  const count = new Intl.NumberFormat('en');
  const lines = [`topic ${topic}: ${partitions.length} partitions ${dryRun ? 'would be' : 'were'} seeded`];
  for (const { partition, startOffset, endOffset } of partitions.slice(0, PARTITIONS_SHOWN)) {
    const ahead = count.format(endOffset - startOffset);
    lines.push(`  partition ${partition}: from offset ${startOffset}, ${ahead} before the end of the log`);
  }
  if (partitions.length > PARTITIONS_SHOWN) lines.push(`  and ${partitions.length - PARTITIONS_SHOWN} more`);
  if (known !== undefined) {
    const { ids, unusable, fromMs, toMs, knownAtStart, lateBeforeMs } = known;
    lines.push(
      `${count.format(ids)} known ids, event times ${timeOf(fromMs)} to ${timeOf(toMs)}`,
      `${count.format(knownAtStart)} of them are known to every partition when it starts: their copies are duplicates`,
      `payments with an event time before ${timeOf(lateBeforeMs)} are late: backfill leaves out those whose id is known`,
    );
    if (unusable > 0) lines.push(`${count.format(unusable)} rows have no id that a payment can have: left out`);
  }
  return textOfLines([...lines, ...(dryRun ? ['nothing was changed'] : [])]);
}

function timeOf(timeMs: number | undefined): string {
  return timeMs === undefined ? 'unknown' : new Date(timeMs).toISOString();
}
