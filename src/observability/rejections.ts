/**
 * Rejected records, made visible: a warning with reasons when most of the last records were rejected, and what became of all
 * records as the process's last event. It counts the other events; time comes in through the clock port.
 *
 * Boundary: a rejected record is a row and no error. So this never stops anything (processor/first-look.ts does, on a new dataset).
 */

import type { Runtime } from '../base/runtime.ts';
import type { Counters } from '../payments/types.ts';
import type { Observer, ProcessorEvent } from '../processor/events.ts';
import { RejectionCount, type RejectionsOf, refusedIn } from '../processor/rejections.ts';

/** Records that a warning looks back over. Fewer only where this process has folded fewer. */
export const LOOKED_BACK_OVER = 1_000;
/** Least time between two warnings. */
export const WARN_AGAIN_AFTER_MS = 60_000;

interface Batch {
  readonly records: number;
  readonly rejections: readonly RejectionsOf[];
}

type Totals = Omit<
  Extract<ProcessorEvent, { type: 'processor.summary' }>,
  'type' | 'rejected' | 'notPayments' | 'reasons'
>;
type Total = keyof Totals;

/** `to` gets the warnings and the summary. It gets each event of the processor before this observer does. */
export function rejectionReporter(runtime: Pick<Runtime, 'monotonicMs'>, to: Observer): Observer {
  const countersAt = new Map<number, Readonly<Counters>>();
  const totals: { -readonly [T in Total]: number } = { records: 0, accepted: 0, duplicates: 0, late: 0 };
  const all = new RejectionCount();
  /** The last batches; without the first of them there are fewer than LOOKED_BACK_OVER records. */
  let recent: Batch[] = [];
  let recentRecords = 0;
  let hasNews = false;
  let warnedAtMs = Number.NEGATIVE_INFINITY;

  function take(event: Extract<ProcessorEvent, { type: 'batch.folded' }>): void {
    const before = countersAt.get(event.partition);
    if (before === undefined) return;
    countersAt.set(event.partition, event.counters);
    totals.records += event.records;
    for (const name of ['accepted', 'duplicates', 'late'] as const) totals[name] += event.counters[name] - before[name];
    const { records, rejections = [] } = event;
    if (records === 0) return;
    all.addAll(rejections);
    recent.push({ records, rejections });
    recentRecords += records;
    while (recentRecords - recent[0]!.records >= LOOKED_BACK_OVER) recentRecords -= recent.shift()!.records;
    if (refusedIn(rejections) > 0) hasNews = true;
  }

  function warn(): void {
    const nowMs = runtime.monotonicMs();
    if (!hasNews || nowMs - warnedAtMs < WARN_AGAIN_AFTER_MS) return;
    const count = new RejectionCount();
    for (const { rejections } of recent) count.addAll(rejections);
    const counted = count.counted();
    const rejected = refusedIn(counted);
    const records = recentRecords - (sum(counted) - rejected);
    if (rejected * 2 <= records) return;
    warnedAtMs = nowMs;
    hasNews = false;
    to.emit({ type: 'records.rejected', records, rejected, reasons: refused(counted) });
  }

  function emit(event: ProcessorEvent): void {
    switch (event.type) {
      // It is the end of the process: nothing was folded, and this is what it read.
      case 'first_look.ended':
        if (event.passed) return;
        totals.records = event.records;
        all.addAll(event.reasons);
        return;
      case 'takeover.running':
        countersAt.set(event.partition, event.counters);
        return;
      case 'batch.folded':
        take(event);
        if (recentRecords >= LOOKED_BACK_OVER) warn();
        return;
      // Fewer records than a warning looks back over: reported when nothing has followed for a while, and at the end.
      case 'processor.progress':
      case 'processor.stopping':
        warn();
        return;
      case 'processor.stopped': {
        const counted = all.counted();
        const rejected = refusedIn(counted);
        const reasons = Object.fromEntries(refused(counted).map(({ code, count }) => [code, count]));
        to.emit({ type: 'processor.summary', ...totals, rejected, notPayments: sum(counted) - rejected, reasons });
        recent = [];
        return;
      }
      default:
    }
  }

  return { emit };
}

function sum(counted: readonly RejectionsOf[]): number {
  return counted.reduce((all, { count }) => all + count, 0);
}

function refused(counted: readonly RejectionsOf[]): RejectionsOf[] {
  return counted.filter((one) => refusedIn([one]) > 0);
}
