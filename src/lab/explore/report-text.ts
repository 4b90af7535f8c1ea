/** Reports of an exploration: the JSON document of the contract, the closing text, and the line that is shown meanwhile. */

import { textOfLines } from '../../base/text/printable.ts';
import { MARKS } from '../sim/case/coverage-marks.ts';
import type { ExploreProgress, ExploreReport } from './explore.ts';
import { sorted, type Tally } from './outcome-counts.ts';

const TOP_FAULTS = 6;

/** What --json prints. `artifact`: the file of the failure, where there is one. */
export function exploreDocument(report: ExploreReport, artifact: string | undefined) {
  const { verdict, seed, tally, digest, elapsedMs, missing, failure } = report;
  return {
    verdict,
    runs: tally.runs,
    digest,
    seed,
    records: tally.records,
    virtualHours: Math.round(tally.virtualMs / 36_000) / 100,
    tookMs: Math.round(elapsedMs),
    runsPerMinute: runsPerMinute(tally, elapsedMs),
    faults: {
      planned: tally.planned,
      fired: tally.fired,
      overlappingWork: tally.overlapping,
      runsWithThreeOrMore: tally.runsWithThreeFaults,
      byKind: sorted(tally.faults),
      answers: sorted(tally.answers),
    },
    marks: sorted(tally.marks as Record<string, number>),
    missingMarks: missing,
    ...(failure === undefined
      ? {}
      : {
          failure: {
            run: failure.run,
            artifact,
            verdict: failure.outcome.verdict,
            records: failure.plan.workload.length,
            faults: failure.plan.faults,
            failures: failure.outcome.failures,
            unknown: failure.outcome.unknown,
          },
        }),
  };
}

export function exploreText(report: ExploreReport): string {
  const { verdict, tally, digest, elapsedMs, missing, marksCount, seed } = report;
  const marks = Object.keys(MARKS).length;
  const lines = [
    `${verdict}: ${tally.runs} runs of seed ${seed}, ${tally.records} records, in ${(elapsedMs / 1_000).toFixed(1)} s ` +
      `(${runsPerMinute(tally, elapsedMs)} a minute)`,
    `faults: ${tally.fired} fired of ${tally.planned} planned, ${tally.overlapping} while records were under way; ` +
      `three or more in ${tally.runsWithThreeFaults} runs`,
    `marks: ${marks - missing.length} of ${marks}`,
    `digest of all traces: ${digest}`,
  ];
  for (const mark of missing)
    lines.push(`${marksCount ? 'never hit' : 'not hit in so few runs'}: ${mark}: ${MARKS[mark]}`);
  return textOfLines(lines);
}

export function progressText({ tally, elapsedMs }: ExploreProgress): string {
  const faults = Object.entries(tally.faults)
    .sort(([, a], [, b]) => b - a)
    .slice(0, TOP_FAULTS)
    .map(([kind, count]) => `${kind} ${count}`);
  const hit = Object.keys(tally.marks).length;
  return (
    `${tally.runs} runs, ${runsPerMinute(tally, elapsedMs)} a minute; ${tally.fired} faults (${faults.join(', ')}); ` +
    `${hit} of ${Object.keys(MARKS).length} marks`
  );
}

function runsPerMinute({ runs }: Tally, elapsedMs: number): number {
  return elapsedMs === 0 ? 0 : Math.round((runs / elapsedMs) * 60_000);
}
