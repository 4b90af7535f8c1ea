/**
 * The end of a demo as text: tables and lines that fit the terminal, verdicts that are readable without colour. Pure,
 * except for colour.
 */
import pc from 'picocolors';
import { printable } from '../base/text/printable.ts';
import type { SimulationSummary } from '../simulator/summary.ts';
import type { DemoCheck } from './demo-checks.ts';
import type { DemoFacts } from './demo-facts.ts';
import type { Survived } from './survived.ts';
import { columns, count, trimmedDecimal, wrapped } from './text-layout.ts';

export function factsText({ days, partitions, fraud, duplicates }: DemoFacts, width: number): string {
  const section = sectionOf(width);
  const rate = (day: (typeof duplicates)[number]): string =>
    day.accepted === 0 ? '-' : ((100 * day.duplicates) / day.accepted).toFixed(2);
  return [
    section(
      'Reconciliation',
      ['day', 'distinct ids', 'rows', 'amount', 'status'],
      days.map((day) => [
        day.date,
        count(day.uniqueTransactions),
        count(day.totalRows),
        trimmedDecimal(day.totalAmount),
        day.status,
      ]),
    ),
    section(
      'Conservation',
      ['partition', 'consumed', 'accepted', 'duplicate', 'late', 'rejected'],
      partitions.map((each) => [
        String(each.partition),
        ...[each.consumed, each.accepted, each.duplicates, each.late, each.rejected].map(count),
      ]),
    ),
    section(
      'Fraud',
      ['amount band', 'payments', 'high risk', 'top score'],
      fraud.map(({ band, payments, highRisk, topScore }) => [band, ...[payments, highRisk, topScore].map(count)]),
    ),
    section(
      'Deduplication',
      ['day', 'accepted', 'duplicates', 'of these changed', 'rate %'],
      // A day with only rejected records has no place here.
      duplicates
        .filter((day) => day.accepted + day.duplicates > 0)
        .map((day) => [day.date, ...[day.accepted, day.duplicates, day.conflicts].map(count), rate(day)]),
    ),
  ].join('\n');
}

/** `time`: the kind of the span from the first send to the last checkpoint. */
export function survivedText(
  survived: Survived,
  sent: Pick<SimulationSummary, 'acked'>,
  flowMs: number,
  time: 'real' | 'virtual',
  width: number,
): string {
  const { restartToFirstRowMs } = survived;
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
  const restart =
    restartToFirstRowMs === undefined
      ? 'it had no new rows to write afterwards'
      : `restart to first new row ${seconds(restartToFirstRowMs)}${time === 'virtual' ? ' of virtual time' : ''}`;
  const flow =
    time === 'virtual'
      ? `${count(sent.acked)} events in ${seconds(flowMs)} of virtual time, crash and rebalance included: no measure of speed`
      : `${count(sent.acked)} events in ${seconds(flowMs)} from first send to last checkpoint, crash and rebalance included: ${count(Math.round(sent.acked / (flowMs / 1000)))}/s`;
  const { rowsFoundPastCheckpoint: found, rowsNotWrittenAgain: kept, streamsFinalized } = survived;
  const lines = [
    found === undefined
      ? `one kill -9 in mid-batch: ${count(kept)} rows past the checkpoint were there, and not written again`
      : `one kill -9 in mid-batch: ${count(found)} rows were found past the checkpoint, compared with the log, and not written again`,
    `local state deleted once: ${count(survived.idsRebuilt)} remembered ids rebuilt from the tables; ${restart}`,
    `${survived.takeovers} takeovers${streamsFinalized === 0 ? '' : `, ${streamsFinalized} write streams finalized`}`,
    flow,
  ];
  return [pc.bold('Survived'), ...lines.flatMap((line) => item(line, width))].join('\n');
}

/** One line each if it fits the width; otherwise the check, and its result below it. */
export function checksText(checks: readonly DemoCheck[], width: number): string {
  const lines = checks.flatMap(({ what, pass, ...check }) => {
    const detail = printable(check.detail);
    const [first = '', ...more] = wrapped(what, 8, width);
    const head = `  ${pass ? pc.green('PASS') : pc.red('FAIL')}  ${first.trimStart()}`;
    const shown = (text: string): string => (pass ? pc.dim(text) : text);
    if (more.length === 0 && first.length + 2 + detail.length <= width) return [`${head}  ${shown(detail)}`];
    return [head, ...more, ...wrapped(detail, 8, width).map(shown)];
  });
  return [pc.bold('Checks'), ...lines].join('\n');
}

export function verdictText(pass: boolean): string {
  return pass ? pc.green(pc.bold('PASS')) : pc.red(pc.bold('FAIL'));
}

type Section = (title: string, head: readonly string[], rows: readonly (readonly string[])[]) => string;

function sectionOf(width: number): Section {
  return (title, head, rows) => {
    const lines = columns(head, rows, width);
    const hasHead = lines[0] === columns(head, rows)[0];
    const shown = hasHead ? [pc.dim(lines[0]!), ...lines.slice(1)] : lines;
    return [pc.bold(title), ...shown, ...(rows.length === 0 ? ['  none'] : []), ''].join('\n');
  };
}

function item(text: string, width: number): string[] {
  return wrapped(text, 4, width).map((line, i) => (i === 0 ? `  - ${line.trimStart()}` : line));
}
