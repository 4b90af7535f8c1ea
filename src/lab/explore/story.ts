/** The story of a run as a person reads it: what was planned, what happened when, and what was found. */

import { messageText, printableText } from '../../base/text/printable.ts';
import type { ProcessorEvent } from '../../processor/events.ts';
import type { SimFault } from '../fault.ts';
import type { CasePlan } from '../sim/case/case-plan.ts';
import type { CaseOutcome } from '../sim/case/sim-case.ts';

const LINES_MAX = 400;
const FINDINGS_MAX = 12;

export function storyText(plan: CasePlan, outcome: CaseOutcome): string {
  const shown = outcome.timeline.slice(0, LINES_MAX).map(timelineLine);
  const left = outcome.timeline.length - shown.length;
  return [
    headline(plan),
    ...plan.faults.map(
      (fault) => `  ${outcome.fired.includes(fault) ? 'fired    ' : 'not fired'}  ${faultText(fault)}`,
    ),
    '',
    ...shown,
    ...(left > 0 ? [`... and ${left} lines more`] : []),
    '',
    verdictText(outcome),
  ]
    .map(printableText)
    .join('\n');
}

export function verdictText({ verdict, failures, unknown }: CaseOutcome): string {
  const found = failures.slice(0, FINDINGS_MAX).map((f) => `  ${f.guarantee ?? 'stop'} ${f.kind}: ${f.message}`);
  const left = failures.length - found.length;
  return [verdict, ...found, ...(left > 0 ? [`  and ${left} more`] : []), ...unknown.map((why) => `  ${why}`)]
    .map(messageText)
    .join('\n');
}

/** A fault in words: what, and when. */
export function faultText({ when, ...what }: SimFault): string {
  const { what: kind, ...details } = what;
  const facts = Object.entries(details).map(([name, value]) => ` ${name}=${value}`);
  const { point, hit, process, atMs, records } = { ...noTime, ...when };
  const moment =
    point !== undefined
      ? `when ${process ?? 'anybody'} passes ${point}, time ${hit}`
      : records !== undefined
        ? `when ${records} records were read`
        : `at ${secondsText(atMs ?? 0)} s`;
  return `${kind}${facts.join('')}, ${moment}`;
}

const noTime: { point?: string; hit?: number; process?: string; atMs?: number; records?: number } = {};

function headline({
  seed,
  sink,
  processes,
  partitions,
  workload,
  separateGroups,
  dialect = 'service',
}: CasePlan): string {
  const groups = separateGroups === true ? ', each in a group of its own' : '';
  return (
    `seed ${seed}: ${workload.length} records in ${partitions} ${partitions === 1 ? 'partition' : 'partitions'}, ` +
    `${processes.length === 1 ? 'process' : 'processes'} ${processes.join(', ')}${groups}, ${sink === 'delta' ? 'Delta Lake' : `BigQuery as the ${dialect}`}`
  );
}

/** A line of the trace, `<virtual ms> <who> <what>`, with events put in words. */
export function timelineLine(line: string): string {
  const [ms = '', who = '', ...rest] = line.split(' ');
  return `${secondsText(Number(ms)).padStart(9)}  ${who.padEnd(8)}  ${inWords(rest.join(' '))}`;
}

function inWords(what: string): string {
  if (what.startsWith('fault {')) return `FAULT ${faultText(JSON.parse(what.slice('fault '.length)) as SimFault)}`;
  if (!what.startsWith('{"type":')) return what;
  return eventText(JSON.parse(what) as ProcessorEvent);
}

function eventText(event: ProcessorEvent): string {
  switch (event.type) {
    case 'takeover.claimed':
      return `p${event.partition}: claimed, epoch ${event.epoch}`;
    case 'takeover.lost_claim':
      return `p${event.partition}: claim lost to ${event.winner}`;
    case 'takeover.positioned': {
      const { partition, checkpointOffset, resumeOffset, rowsAlreadyThere } = event;
      return `p${partition}: checkpoint at ${checkpointOffset}, rows up to ${resumeOffset} (${rowsAlreadyThere} rows there already)`;
    }
    case 'takeover.counts_differ':
      return `p${event.partition}: ${event.table} promises ${event.promised} rows, ${event.found} can be seen`;
    case 'settings.older':
      return `p${event.partition}: runs by settings of revision ${event.newest}, and has ${event.revision}`;
    case 'settings.changed':
      return `p${event.partition}: other settings from offset ${event.fromOffset}`;
    case 'state.restored':
      return `p${event.partition}: state ${event.how}, from ${event.fromOffset} to ${event.atOffset}, ${event.ids} ids`;
    case 'state.discarded':
      return `p${event.partition}: local state discarded: ${event.why}`;
    case 'replay.finished':
      return `p${event.partition}: compared ${event.rowsSkipped} rows, continues at ${event.atOffset}`;
    case 'partition.fenced':
      return `p${event.partition}: lost (epoch ${event.epoch}): ${event.why}`;
    case 'partition.released':
      return `p${event.partition}: released (epoch ${event.epoch})`;
    case 'partition.stopped':
      return `p${event.partition}: STOPPED, ${event.code}: ${event.error}`;
    default:
      return JSON.stringify(event);
  }
}

function secondsText(ms: number): string {
  return (ms / 1_000).toFixed(3);
}
