/** The report of `verify` for people: the verdict of each guarantee, and findings with what was expected and what is there. */

import { textOfLines } from '../base/text/printable.ts';
import type { Finding, Guarantee } from './findings.ts';
import { counted, GUARANTEES } from './findings.ts';
import type { PartitionReport } from './partition/check-partition.ts';
import { rejectedText } from './rejected-share.ts';
import type { VerifyReport } from './verify.ts';

const COUNT = new Intl.NumberFormat('en');

export const GUARANTEE_TEXTS: Readonly<Record<Guarantee, string>> = {
  G1: 'every record has exactly one disposition',
  G2: 'every transaction is there once',
  G3: 'window sums equal the sums recomputed from the topic',
  G4: 'fraud enrichment is what the rules give on the log order',
  G5: 'the tables are those of a run without faults',
  G6: 'nothing was dropped silently',
};

const NOTHING_YET = 'no record has a checkpoint yet: run `provenonce process`, and verify then';

/** The verdict is the last line. `ofTables`: what else is known of the tables, a line each. */
export function verifyText(report: VerifyReport, ofTables: readonly string[] = []): string {
  const lines = [`${report.topic}: ${COUNT.format(recordsOf(report))} records recomputed from the topic`];
  for (const partition of report.partitions) lines.push(...partitionLines(partition));
  for (const guarantee of GUARANTEES) {
    const { holds, checked, count: found, findings } = report.guarantees[guarantee];
    const verdict = holds ? 'holds ' : checked ? 'BROKEN' : 'not checked';
    lines.push(
      `${verdict}  ${guarantee} ${GUARANTEE_TEXTS[guarantee]}${found === 0 ? '' : `: ${counted(found, 'finding')}`}`,
    );
    lines.push(...findings.map(findingText));
    if (found > findings.length) lines.push(`        and ${found - findings.length} more (--findings shows more)`);
  }
  if (report.backfilled > 0) {
    lines.push(`backfilled: ${COUNT.format(report.backfilled)} payments, added by an operator`);
  }
  const rejected = rejectedText(report.rejections);
  lines.push(...remarks('rejected', rejected === undefined ? [] : [rejected]));
  lines.push(...remarks('trusted', report.trusted), ...remarks('input', report.conditions));
  lines.push(...remarks('skipped', report.skipped), ...remarks('unknown', report.unknown));
  const next = report.verdict === 'NODATA' ? [NOTHING_YET] : [];
  return textOfLines([...lines, ...ofTables, ...next, report.verdict]);
}

/** What was read, how far it is guaranteed, and what is not covered. */
function partitionLines(report: PartitionReport): string[] {
  const { partition, readFrom, readTo, logEndOffset, nextOffset, recordsChecked, recordsPastCheckpoint, epoch } =
    report;
  const { pending } = report;
  const offsets = readFrom < readTo ? `, offsets ${readFrom} to ${readTo - 1}` : '';
  const lines = [
    `  partition ${partition}: ${COUNT.format(recordsChecked)} records${offsets}; guaranteed below offset ${nextOffset}, epoch ${epoch}`,
  ];
  if (recordsPastCheckpoint > 0)
    lines.push(
      `    ${COUNT.format(recordsPastCheckpoint)} of these records have no checkpoint yet, and may have no rows`,
    );
  if (pending !== undefined)
    lines.push(
      `    ${counted(logEndOffset - readTo, 'offset')} from ${readTo} on: not processed yet, and not checked: ${pending}`,
    );
  const unreadable = (report.highWatermark ?? logEndOffset) - logEndOffset;
  if (unreadable > 0)
    lines.push(
      `    ${counted(unreadable, 'offset')} from ${logEndOffset} on cannot be read yet: transactions are open there`,
    );
  return lines;
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
