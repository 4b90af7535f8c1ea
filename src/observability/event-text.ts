/**
 * Events in words, for people who read the log: those that report a wait, a loss or the progress. Times have units for
 * people here; the fields of the event stay in ms. Pure.
 */

import { spanText } from '../base/span-text.ts';
import type { ProcessorEvent } from '../processor/events.ts';
import { reasonsText, shareText } from '../processor/rejections.ts';

type EventOf<T extends ProcessorEvent['type']> = Extract<ProcessorEvent, { type: T }>;

/** Undefined for an event whose name and fields are enough. */
export function eventText(event: ProcessorEvent): string | undefined {
  switch (event.type) {
    case 'service.waiting':
      return waitingText(event);
    case 'service.recovered':
      return `${event.service} answers again after ${spanText(event.waitedMs)}`;
    case 'group.session_lost':
      return `group ${event.groupId} was silent for ${spanText(event.silentMs)}: it may have given our partitions to others`;
    case 'takeover.counts_differ': {
      const { partition, table, promised, found, waitedMs, limitMs } = event;
      return (
        `partition ${partition}: ${table} must have ${promised} rows past the checkpoint and shows ${found}: ` +
        `waiting for ${spanText(waitedMs)} of at most ${spanText(limitMs)}`
      );
    }
    case 'settings.older':
      return (
        `settings of revision ${event.newest} are in force, and this process has revision ${event.revision}: it runs by the ` +
        'newer ones. Give it the newer RULES_FILE or settings'
      );
    case 'partition.fenced':
      return fencedText(event);
    case 'processor.progress':
      return progressText(event);
    case 'first_look.waiting':
      return lookingText(event);
    case 'records.rejected':
      return rejectedText(event);
    case 'processor.summary':
      return summaryText(event);
    default:
      return undefined;
  }
}

/** Also the reason in /readyz. */
export function waitingText({ service, what, waitedMs, limitMs, error }: EventOf<'service.waiting'>): string {
  return `waiting for ${service} (${what}) for ${spanText(waitedMs)} of at most ${spanText(limitMs)}: ${error}`;
}

function fencedText(event: EventOf<'partition.fenced'>): string {
  const { partition, epoch, why, retryInMs, newOwner, newEpoch } = event;
  const now = newOwner === undefined ? '' : ` ${newOwner} has it now, at epoch ${newEpoch}.`;
  return `partition ${partition}: lost at epoch ${epoch}: ${why}.${now} Asking for it again in ${spanText(retryInMs)}`;
}

function progressText(event: EventOf<'processor.progress'>): string {
  const { overMs, records, accepted, duplicates, late, rejected, lag, partitions, takingOver, stopped } = event;
  const over = `last ${spanText(overMs)}`;
  const others = [
    ...(takingOver.length === 0 ? [] : [`taking over ${rangesText(takingOver)}`]),
    ...(stopped.length === 0 ? [] : [`stopped ${rangesText(stopped)}`]),
  ];
  const counts = `${over}: ${records} records (${accepted} accepted, ${duplicates} duplicate, ${late} late, ${rejected} rejected)`;
  if (partitions.length > 0) {
    return [`${counts}, ${lag} behind`, `writing partitions ${rangesText(partitions)}`, ...others].join('; ');
  }
  const nothing = event.assigned
    ? others.length === 0
      ? 'no partition is assigned to this process: others have them all'
      : 'no partition is written here'
    : 'no assignment yet: the group has not answered';
  return [records === 0 ? `${over}: ${nothing}` : `${counts}; ${nothing}`, ...others].join('; ');
}

/** Also the reason in /readyz. */
export function lookingText({ waitedMs, records, reasons }: EventOf<'first_look.waiting'>): string {
  const found =
    records === 0
      ? 'the topic has no records yet'
      : `none of the first ${records} records is one: ${reasonsText(reasons, records)}`;
  return `waiting for the first payment of the topic for ${spanText(waitedMs)}, nothing is written before it: ${found}`;
}

function rejectedText({ records, rejected, reasons }: EventOf<'records.rejected'>): string {
  return (
    `${rejected} of the last ${records} records were rejected (${shareText(rejected, records)}): ${reasonsText(reasons, records)}. ` +
    'They are rows of payment_exceptions, and no payments. `provenonce rules check FILE --from-topic`, with your rules file if there is one, shows what they become'
  );
}

/** `accepted 0 of 5 (rejected 5: field_missing 5)`: what became of the records of one run. */
function summaryText(event: EventOf<'processor.summary'>): string {
  const { records, accepted, duplicates, late, rejected, notPayments, reasons } = event;
  const byReason = Object.entries(reasons).map(([code, count]) => `${code} ${count}`);
  const others = [
    ...(duplicates === 0 ? [] : [`duplicate ${duplicates}`]),
    ...(late === 0 ? [] : [`late ${late}`]),
    ...(notPayments === 0 ? [] : [`not a payment ${notPayments}`]),
    ...(rejected === 0 ? [] : [`rejected ${rejected}: ${byReason.join(', ')}`]),
  ];
  return `accepted ${accepted} of ${records}${others.length === 0 ? '' : ` (${others.join(', ')})`}`;
}

/** `0 to 3, 7`: partitions in ascending order. */
export function rangesText(partitions: readonly number[]): string {
  const ranges: { from: number; to: number }[] = [];
  for (const partition of partitions) {
    const last = ranges.at(-1);
    if (last !== undefined && partition === last.to + 1) last.to = partition;
    else ranges.push({ from: partition, to: partition });
  }
  return ranges
    .map(({ from, to }) => (from === to ? `${from}` : to === from + 1 ? `${from}, ${to}` : `${from} to ${to}`))
    .join(', ');
}
