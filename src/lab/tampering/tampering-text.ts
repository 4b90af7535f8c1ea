/** The report of `lab tamper` for people: each column, by what its changes were noticed, and what was not. */
import { textOfLines } from '../../base/text/printable.ts';
import { type TamperFailure, type TamperReport, unusedEntries } from './run-tamperings.ts';

const COUNT = new Intl.NumberFormat('en');
const SHOWN_MAX = 20;

export type TamperVerdict = 'PASS' | 'FAIL' | 'NODATA';

export function verdictOf({ runs, unnoticed, harm }: TamperReport): TamperVerdict {
  if (unnoticed.length + harm.length > 0) return 'FAIL';
  return runs === 0 ? 'NODATA' : 'PASS';
}

export function tamperProgressText({ runs, unnoticed, harm }: TamperReport): string {
  return `${COUNT.format(runs)} changes, ${unnoticed.length} unnoticed, ${harm.length} that a takeover made worse`;
}

export function tamperDocument(report: TamperReport): object {
  return { verdict: verdictOf(report), ...report, unusedEntries: unusedEntries(report) };
}

export function tamperText(report: TamperReport): string {
  const lines = [`${COUNT.format(report.runs)} changes of finished datasets, seed ${report.seed}`, ''];
  for (const [name, { drawn, noticed, by, excused, unnoticed }] of Object.entries(report.strata)) {
    if (drawn === 0) continue;
    const listed = sumOf(excused);
    const most = Object.entries(by).sort(([, a], [, b]) => b - a);
    const shown = most.slice(0, 3).map(([kind, times]) => `${kind} ${times}`);
    const parts = [
      `${noticed} of ${drawn} noticed`,
      ...(listed > 0 ? [`${listed} on the list (${Object.keys(excused).join(', ')})`] : []),
      ...(unnoticed > 0 ? [`${unnoticed} UNNOTICED`] : []),
      ...(shown.length > 0 ? [`by ${shown.join(', ')}`] : []),
    ];
    lines.push(`  ${name}: ${parts.join('; ')}`);
  }
  lines.push('', 'Not covered (docs/guarantees.md), and how many changes it excused:');
  for (const [name, { excused, found }] of Object.entries(report.entries))
    lines.push(`  ${name}: ${excused}${found > 0 ? `; ${found} more of its kind were noticed` : ''}`);
  lines.push('', 'Taken over by a processor, with its local state and with none:');
  for (const [what, times] of Object.entries(report.takeovers).sort()) lines.push(`  ${what}: ${times}`);
  lines.push(...failures('unnoticed', report.unnoticed), ...failures('harm', report.harm));
  for (const name of unusedEntries(report)) lines.push(`no change needed the entry ${name}`);
  return textOfLines([...lines, verdictOf(report)]);
}

function failures(title: string, list: readonly TamperFailure[]): string[] {
  const shown = list
    .slice(0, SHOWN_MAX)
    .map(({ run, base, change, what }) => `${title}: run ${run}, dataset ${base}: ${change}: ${what}`);
  return list.length > SHOWN_MAX ? [...shown, `${title}: and ${list.length - SHOWN_MAX} more`] : shown;
}

function sumOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, times) => sum + times, 0);
}
