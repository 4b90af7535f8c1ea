/** The checks of a demo run. Pure: facts in, a list of checks out. Each of them can fail, and one failure is a FAIL. */
import type { SumsByCurrency } from '../checks/by-sql/assertions.ts';
import { counted, GUARANTEES, type Guarantee } from '../checks/findings.ts';
import type { VerifyReport } from '../checks/verify.ts';
import { GUARANTEE_TEXTS } from '../checks/verify-text.ts';
import type { SimulationSummary } from '../simulator/summary.ts';
import type { DemoFacts } from './demo-facts.ts';
import type { Survived } from './survived.ts';
import { count, trimmedDecimal } from './text-layout.ts';

export interface DemoCheck {
  readonly what: string;
  readonly pass: boolean;
  readonly detail: string;
}

/** Windows that must have closed: with fewer the run would show nothing of windows and expiry. */
export const CLOSED_WINDOWS_MIN = 100;

/** `sent`: the generator's record. */
export function demoChecks(
  facts: DemoFacts,
  sent: Pick<SimulationSummary, 'acked' | 'expectedSums'>,
  survived: Survived,
): DemoCheck[] {
  return [
    reconciled(facts),
    unique(facts),
    sums(facts, sent.expectedSums),
    conserved(facts, sent.acked),
    windows(facts),
    biteOf(survived),
    ...GUARANTEES.map((guarantee) => guaranteeCheck(guarantee, facts.verified)),
  ];
}

export function passes(checks: readonly DemoCheck[]): boolean {
  return checks.length > 0 && checks.every(({ pass }) => pass);
}

function guaranteeCheck(guarantee: Guarantee, { guarantees, verdict, partitions }: VerifyReport): DemoCheck {
  const { holds, count: found, findings } = guarantees[guarantee];
  const records = partitions.reduce((sum, partition) => sum + partition.recordsChecked, 0);
  const detail = holds
    ? `${count(records)} records recomputed from the topic${verdict === 'PASS' ? '' : `, but the verdict of verify is ${verdict}`}`
    : `${counted(found, 'finding')}: ${findings[0]?.message}`;
  return { what: `${guarantee} ${GUARANTEE_TEXTS[guarantee]}`, pass: holds && verdict === 'PASS', detail };
}

function reconciled({ days }: DemoFacts): DemoCheck {
  const bad = days.filter(({ pass }) => !pass);
  const detail = bad.length > 0 ? `${bad.map(({ date, status }) => `${date}: ${status}`).join('; ')}` : daysText(days);
  return { what: 'reconciliation, every day', pass: days.length > 0 && bad.length === 0, detail };
}

function daysText(days: DemoFacts['days']): string {
  return days.length === 0 ? 'no day has a row' : `${days.map(({ date }) => date).join(', ')}`;
}

function unique({ rows, distinctIds }: DemoFacts): DemoCheck {
  const pass = rows === distinctIds && rows > 0;
  const detail = pass ? `${count(rows)} payments` : `${count(rows)} rows, ${count(distinctIds)} distinct ids`;
  return { what: 'COUNT(DISTINCT transaction_id) = COUNT(*)', pass, detail };
}

function sums({ storedSums }: DemoFacts, expected: SumsByCurrency): DemoCheck {
  const currencies = [...new Set([...Object.keys(expected), ...Object.keys(storedSums)])].sort();
  const text = (of: SumsByCurrency, currency: string): string => {
    const { count: payments, amount } = of[currency] ?? { count: 0, amount: '0' };
    return `${count(payments)} payments, ${trimmedDecimal(amount)}`;
  };
  const different = currencies.filter((currency) => text(expected, currency) !== text(storedSums, currency));
  const detail =
    different.length === 0
      ? currencies.map((currency) => `${currency} ${trimmedDecimal(storedSums[currency]?.amount ?? '0')}`).join(', ')
      : different.map((each) => `${each}: sent ${text(expected, each)}; stored ${text(storedSums, each)}`).join('. ');
  const pass = currencies.length > 0 && different.length === 0;
  return { what: 'sums per currency equal what the producer recorded', pass, detail };
}

function conserved({ partitions }: DemoFacts, sent: number): DemoCheck {
  const consumed = partitions.reduce((sum, partition) => sum + partition.consumed, 0);
  const leaks = partitions.filter(
    (each) => each.consumed !== each.accepted + each.duplicates + each.late + each.rejected,
  );
  const detail = `${count(sent)} sent, ${count(consumed)} consumed`;
  return {
    what: 'consumed = accepted + duplicates + late + rejected = sent',
    pass: consumed === sent && leaks.length === 0,
    detail: leaks.length === 0 ? detail : `${detail}; partition ${leaks[0]?.partition} does not add up`,
  };
}

function windows({ closedWindows }: DemoFacts): DemoCheck {
  return {
    what: `at least ${CLOSED_WINDOWS_MIN} windows closed`,
    pass: closedWindows >= CLOSED_WINDOWS_MIN,
    detail: `${count(closedWindows)} one-minute windows`,
  };
}

function biteOf({ rowsFoundPastCheckpoint: found, rowsNotWrittenAgain: kept, stateRebuilds, idsRebuilt }: Survived) {
  // Delta tables say how far their rows go, not how many there are.
  const rows =
    found === undefined ? `${count(kept)} rows past the checkpoint` : `${count(kept)} of ${count(found)} rows found`;
  return {
    what: 'the crash cut a batch short, and the local state was really deleted',
    pass: kept > 0 && (found === undefined || kept === found) && stateRebuilds > 0,
    detail: `${rows} were not written again; ${count(idsRebuilt)} ids rebuilt from the tables`,
  };
}
