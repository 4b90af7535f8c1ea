/** The report of `verify` for people: the verdict of each guarantee, and findings with what was expected and what is there. */
import type { Finding, Guarantee } from './findings.ts';
import { counted, GUARANTEES } from './findings.ts';
import type { VerifyReport } from './verify.ts';

export const GUARANTEE_TEXTS: Readonly<Record<Guarantee, string>> = {
  G1: 'every record has exactly one disposition',
  G2: 'every transaction is there once',
  G3: 'window sums equal the sums recomputed from the topic',
  G4: 'fraud enrichment is what the rules give on the log order',
  G5: 'the tables are those of a run without faults',
  G6: 'nothing was dropped silently',
};

export function verifyText(report: VerifyReport): string {
  const count = new Intl.NumberFormat('en');
  const lines = [`${report.topic}: ${count.format(recordsOf(report))} records recomputed from the topic`];
  for (const { partition, nextOffset, logEndOffset, epoch } of report.partitions) {
    const behind = logEndOffset - nextOffset;
    const rest =
      behind === 0 ? 'all of the log' : `${count.format(behind)} records of the log are not checkpointed yet`;
    lines.push(`  partition ${partition}: guaranteed below offset ${nextOffset} (${rest}), epoch ${epoch}`);
  }
  for (const guarantee of GUARANTEES) {
    const { holds, count: found, findings } = report.guarantees[guarantee];
    lines.push(
      `${holds ? 'holds ' : 'BROKEN'}  ${guarantee} ${GUARANTEE_TEXTS[guarantee]}${holds ? '' : `: ${counted(found, 'finding')}`}`,
    );
    lines.push(...findings.map(findingText));
    if (found > findings.length) lines.push(`        and ${found - findings.length} more (--findings shows more)`);
  }
  if (report.backfilled > 0) {
    lines.push(`backfilled: ${count.format(report.backfilled)} late payments, put in by hand of an operator`);
  }
  lines.push(...remarks('trusted', report.trusted), ...remarks('input', report.conditions));
  lines.push(...remarks('skipped', report.skipped), ...remarks('unknown', report.unknown));
  return [...lines, report.verdict].join('\n');
}

function recordsOf({ partitions }: VerifyReport): number {
  return partitions.reduce((sum, { recordsChecked }) => sum + recordsChecked, 0);
}

function findingText({ kind, message, expected, actual, partition, offsets, transactionIds }: Finding): string {
  const where = [
    partition === null ? '' : `partition ${partition}`,
    offsets.length === 0 ? '' : `offset ${firstOf(offsets)}`,
    transactionIds.length === 0 ? '' : firstOf(transactionIds),
  ].filter((text) => text !== '');
  const values = [
    expected === undefined ? '' : `; expected ${expected}`,
    actual === undefined ? '' : `; found ${actual}`,
  ];
  return `        ${kind}${where.length === 0 ? '' : ` (${where.join(', ')})`}: ${message}${values.join('')}`;
}

/** The first few, and how many more. */
function firstOf(values: readonly (string | number)[]): string {
  const shown = values.slice(0, 5).join(', ');
  return values.length > 5 ? `${shown} and ${values.length - 5} more` : shown;
}

function remarks(title: string, texts: readonly string[]): string[] {
  return texts.map((text) => `${title}: ${text}`);
}
