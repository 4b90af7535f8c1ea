/** The report of `backfill` for people. */
import { textOfLines } from '../../base/text/printable.ts';
import { tableText } from '../../base/text/table.ts';
import type { BackfillReport } from './backfill.ts';
import { type LeftOut, REJECTED_LEFT_OUT } from './classify.ts';

const WHY: Readonly<Record<LeftOut, string>> = {
  backfilled: 'were backfilled before',
  present: 'are in payment_transactions already',
  conflict: 'have the id of another payment in payment_transactions',
  copy: 'are copies of another record',
  known: 'were written by another pipeline before',
  unreadable: 'do not match the hash of their row',
  rejected: 'are rejected by the rules of now too',
  too_early: 'are too early: a copy of them could still be accepted; run it again when the watermark has passed them',
  gone: 'are no longer in the topic',
};

/** `width`: cells of the terminal. */
export function backfillText(report: BackfillReport, width = Number.POSITIVE_INFINITY): string {
  const count = new Intl.NumberFormat('en');
  const { dryRun, of, looked, added, sums, leftOut, notCheckpointed, unfinished } = report;
  const lines = [`${count.format(looked)} ${of} records below the checkpoints`];
  if (unfinished) {
    lines.push(
      dryRun
        ? 'An earlier backfill did not finish: the next run sums up its windows.'
        : 'An earlier backfill had not finished: its windows have been summed up.',
    );
  }
  lines.push(`${count.format(added)} ${dryRun ? 'would be added' : 'were added'}${sumsText(sums)}`);
  lines.push(...(of === 'rejected' ? becomesTable(report, width) : addedLines(report)));
  if (added > report.addedRecords.length) lines.push(`  and ${count.format(added - report.addedRecords.length)} more`);
  for (const why of REJECTED_LEFT_OUT) {
    const records = leftOut[why] ?? 0;
    if (records > 0) lines.push(`${count.format(records)} ${WHY[why]}: left out`);
  }
  for (const { partition, offset, transactionId, why, detail } of report.leftOutRecords) {
    lines.push(`  partition ${partition}, offset ${offset}: ${transactionId ?? 'no id'}: ${why}, ${detail}`);
  }
  const all = Object.values(leftOut).reduce((sum, each) => sum + each, 0);
  if (all > report.leftOutRecords.length) lines.push(`  and ${count.format(all - report.leftOutRecords.length)} more`);
  if (notCheckpointed > 0)
    lines.push(`${count.format(notCheckpointed)} are not below a checkpoint yet: run it again later`);
  return textOfLines(lines);
}

function addedLines({ addedRecords }: BackfillReport): string[] {
  return addedRecords.map(
    ({ partition, offset, transactionId }) => `  partition ${partition}, offset ${offset}: ${transactionId}`,
  );
}

/** What each rejected record was, and the payment that it becomes. */
function becomesTable({ addedRecords }: BackfillReport, width: number): string[] {
  if (addedRecords.length === 0) return [];
  const table = tableText(
    ['record', 'was', 'becomes', 'amount', 'currency'],
    addedRecords.map(({ partition, offset, was, transactionId, amount, currency }) => [
      `${partition}:${offset}`,
      was ?? '',
      transactionId,
      amount ?? '',
      currency ?? '',
    ]),
    width,
  );
  return table.split('\n');
}

function sumsText(sums: BackfillReport['sums']): string {
  const each = Object.entries(sums).map(([currency, { count, amount }]) => `${currency} ${amount} in ${count}`);
  return each.length === 0 ? '' : `: ${each.join(', ')}`;
}
