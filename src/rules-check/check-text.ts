/** The result of a check as text for a terminal. Pure; `width` as in base/text/table.ts. */
import { printable } from '../base/text/printable.ts';
import { tableText } from '../base/text/table.ts';
import { wrapWords } from '../base/text/wrap.ts';
import { shareText } from '../processor/rejections.ts';
import type { CheckedRecord, SampleCheck } from './check-sample.ts';
import { NOT_FOUND } from './paths.ts';

/** Columns of the table; the others of a payment stand together in one. */
const SHOWN = ['transaction_id', 'sender_account_id', 'amount', 'currency', 'event_time'] as const;
const TITLES = ['transaction', 'sender', 'amount', 'currency', 'time'] as const;
const BECOMES = { payment: 'payment', rejected: 'rejected', not_a_payment: 'no payment' } as const;

export function checkText(check: SampleCheck, width = Number.POSITIVE_INFINITY): string {
  const { records, payments, rejected, notPayments, reasons, sums, missingPaths, absentPaths, hints, conditions } =
    check;
  const line = (text: string, indent = ''): string[] => wrapWords(text, width, { lead: indent, indent: `${indent}  ` });
  const blocks: string[][] = [];
  if (records.length > 0) blocks.push([recordsTable(records, width)]);
  blocks.push(
    line(
      `${payments} of ${records.length} records become payments` +
        counted(rejected, 'is rejected', 'are rejected') +
        `${counted(notPayments, 'is no payment', 'are no payments')}.` +
        (payments > 1
          ? ' Each is judged alone: a copy or a late record counts as a payment, here and in the sums.'
          : ''),
    ),
  );
  if (reasons.length > 0) {
    const head = ['reason', 'records', 'share', 'first', 'whole reason'];
    const rows = reasons.map(({ code, count, partition, offset, reason }) => {
      const whole = reason === code ? '' : reason;
      return [code, String(count), shareText(count, records.length), `${partition}:${offset}`, whole];
    });
    blocks.push([tableText(head, rows, width)]);
  }
  if (hints.length > 0) blocks.push(hints.flatMap((hint) => line(printable(hint))));
  if (sums.length > 0) {
    const rows = sums.map(({ currency, payments: count, total }) => [currency, String(count), total]);
    blocks.push([tableText(['currency', 'payments', 'sum'], rows, width)]);
  }
  const pathLines = (paths: SampleCheck['missingPaths']): string[] =>
    paths.flatMap(({ path, use, nearest }) => line(`${path} (${use})${nearestText(path, nearest)}`, '  '));
  if (missingPaths.length > 0) blocks.push([...line('Paths that no record has:'), ...pathLines(missingPaths)]);
  if (absentPaths.length > 0) {
    const note = 'Optional paths that none of these records has: their columns are NULL. Is each of them right?';
    blocks.push([...line(note), ...pathLines(absentPaths)]);
  }
  if (conditions.length > 0) blocks.push(conditions.flatMap((condition) => line(`${condition}.`)));
  return blocks.map((lines) => lines.join('\n')).join('\n\n');
}

function nearestText(path: string, nearest: readonly string[]): string {
  if (path === NOT_FOUND) return ': `rules init` found no member: write the path of yours';
  return nearest.length === 0 ? '' : `: ${nearest.length === 1 ? 'there is' : 'there are'} ${nearest.join(', ')}`;
}

function counted(number: number, one: string, several: string): string {
  return number === 0 ? '' : `, ${number} ${number === 1 ? one : several}`;
}

function recordsTable(records: readonly CheckedRecord[], width: number): string {
  const hasOthers = records.some(({ values }) => othersOf(values) !== '');
  const hasReasons = records.some(({ reason }) => reason !== null);
  const head = ['record', 'becomes', ...TITLES, ...(hasOthers ? ['others'] : []), ...(hasReasons ? ['reason'] : [])];
  const rows = records.map(({ partition, offset, becomes, reason, values }) => [
    `${partition}:${offset}`,
    BECOMES[becomes],
    ...SHOWN.map((name) => values[name] ?? ''),
    ...(hasOthers ? [othersOf(values)] : []),
    ...(hasReasons ? [reason ?? ''] : []),
  ]);
  return tableText(head, rows, width);
}

function othersOf(values: Readonly<Record<string, string>>): string {
  return Object.entries(values)
    .filter(([name]) => !(SHOWN as readonly string[]).includes(name))
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
}
