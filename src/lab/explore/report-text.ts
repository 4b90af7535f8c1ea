/** Reports of an exploration: the JSON document of the contract, the closing text, and the line that is shown meanwhile. */

import { textOfLines } from '../../base/text/printable.ts';
import { COVERAGE_MARKS, missingCoverage } from '../sim/case/coverage-marks.ts';
import type { ExploreProgress, ExploreReport } from './explore.ts';
import { type OutcomeCounts, sorted } from './outcome-counts.ts';

const TOP_FAULTS = 6;

/** What --json prints. `artifact`: the file of the failure, where there is one. */
export function exploreDocument(report: ExploreReport, artifact: string | undefined) {
  const { verdict, seed, counts, digest, elapsedMs, missing, failure } = report;
  return {
    verdict,
    runs: counts.runs,
    digest,
    seed,
    records: counts.records,
    virtualHours: Math.round(counts.virtualMs / 36_000) / 100,
    tookMs: Math.round(elapsedMs),
    runsPerMinute: runsPerMinute(counts, elapsedMs),
    faults: {
      planned: counts.planned,
      fired: counts.fired,
      overlappingWork: counts.overlapping,
      runsWithThreeOrMore: counts.runsWithThreeFaults,
      byKind: sorted(counts.faults),
      answers: sorted(counts.answers),
    },
    marks: sorted(counts.marks as Record<string, number>),
    missingCoverage: missing,
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
  const { verdict, counts, digest, elapsedMs, missing, coverageCounts, seed, sink } = report;
  const marks = missingCoverage(new Map(), sink).length;
  const lines = [
    `${verdict}: ${counts.runs} runs of seed ${seed}, ${counts.records} records, in ${(elapsedMs / 1_000).toFixed(1)} s ` +
      `(${runsPerMinute(counts, elapsedMs)} a minute)`,
    `faults: ${counts.fired} fired of ${counts.planned} planned, ${counts.overlapping} while records were in flight; ` +
      `three or more in ${counts.runsWithThreeFaults} runs`,
    `marks: ${marks - missing.length} of ${marks}`,
    `digest of all traces: ${digest}`,
  ];
  for (const mark of missing)
    lines.push(`${coverageCounts ? 'never hit' : 'not hit in so few runs'}: ${mark}: ${COVERAGE_MARKS[mark]}`);
  return textOfLines(lines);
}

export function progressText({ counts, elapsedMs }: ExploreProgress): string {
  const faults = Object.entries(counts.faults)
    .sort(([, a], [, b]) => b - a)
    .slice(0, TOP_FAULTS)
    .map(([kind, count]) => `${kind} ${count}`);
  const hit = Object.keys(counts.marks).length;
  return (
    `${counts.runs} runs, ${runsPerMinute(counts, elapsedMs)} a minute; ${counts.fired} faults (${faults.join(', ')}); ` +
    `${hit} of ${Object.keys(COVERAGE_MARKS).length} marks`
  );
}

function runsPerMinute({ runs }: OutcomeCounts, elapsedMs: number): number {
  return elapsedMs === 0 ? 0 : Math.round((runs / elapsedMs) * 60_000);
}
