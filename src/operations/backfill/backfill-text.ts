/** The report of `backfill` for people. */

import { textOfLines } from '../../base/text/printable.ts';
import type { BackfillReport } from './backfill.ts';
import { LEFT_OUT, type LeftOut } from './classify.ts';

const WHY: Readonly<Record<LeftOut, string>> = {
  backfilled: 'were backfilled before',
  present: 'are in payment_transactions already',
  conflict: 'have the id of another payment in payment_transactions',
  copy: 'are copies of another late record',
  known: 'were written by another pipeline before',
  unreadable: 'have a payload that does not match its hash',
};

export function backfillText(report: BackfillReport): string {
  const count = new Intl.NumberFormat('en');
  const { dryRun, looked, added, sums, leftOut, notCheckpointed, unfinished } = report;
  const lines = [`${count.format(looked)} late records below the checkpoints`];
  if (unfinished) {
    lines.push(
      dryRun
        ? 'An earlier backfill did not finish: the next run sums up its windows.'
        : 'An earlier backfill had not finished: its windows have been summed up.',
    );
  }
  lines.push(`${count.format(added)} ${dryRun ? 'would be added' : 'were added'}${sumsText(sums)}`);
  for (const { partition, offset, transactionId } of report.addedRecords) {
    lines.push(`  partition ${partition}, offset ${offset}: ${transactionId}`);
  }
  if (added > report.addedRecords.length) lines.push(`  and ${count.format(added - report.addedRecords.length)} more`);
  for (const why of LEFT_OUT) if (leftOut[why] > 0) lines.push(`${count.format(leftOut[why])} ${WHY[why]}: left out`);
  for (const { partition, offset, transactionId, why, detail } of report.leftOutRecords) {
    lines.push(`  partition ${partition}, offset ${offset}: ${transactionId ?? 'no id'}: ${why}, ${detail}`);
  }
  const all = Object.values(leftOut).reduce((sum, each) => sum + each, 0);
  if (all > report.leftOutRecords.length) lines.push(`  and ${count.format(all - report.leftOutRecords.length)} more`);
  if (notCheckpointed > 0)
    lines.push(`${count.format(notCheckpointed)} are not below a checkpoint yet: run it again later`);
  return textOfLines(lines);
}

function sumsText(sums: BackfillReport['sums']): string {
  const each = Object.entries(sums).map(([currency, { count, amount }]) => `${currency} ${amount} in ${count}`);
  return each.length === 0 ? '' : `: ${each.join(', ')}`;
}
