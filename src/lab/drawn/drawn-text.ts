/** Reports of an exploration on real parts: the JSON document of the contract, and the closing text. */

import { textOfLines } from '../../base/text/printable.ts';
import { sorted } from '../explore/outcome-counts.ts';
import { kindOf } from './drawn-plan.ts';
import type { DrawnRunReport, ExploreDrawnReport } from './explore-drawn.ts';
import { failureText } from './run-drawn-plan.ts';

/** What --json prints. */
export function drawnDocument(report: ExploreDrawnReport) {
  const { verdict, seed, runs, digest, elapsedMs, failure } = report;
  const faults = runs.flatMap(({ outcome }) => outcome.faults);
  const fired = faults.filter(({ firedAtMs }) => firedAtMs !== null);
  return {
    verdict,
    world: 'real',
    runs: runs.length,
    passed: runs.filter(({ outcome }) => outcome.verdict === 'PASS').length,
    digest,
    seed,
    records: sumOf(runs, ({ outcome }) => outcome.records),
    sqlChecks: sumOf(runs, ({ outcome }) => outcome.sqlChecks),
    tookMs: Math.round(elapsedMs),
    faults: {
      planned: faults.length,
      fired: fired.length,
      overlappingWork: fired.filter(({ inFlightRecords }) => (inFlightRecords ?? 0) > 0).length,
      healed: fired.filter(({ healedAtMs }) => healedAtMs !== null).length,
      byKind: sorted(countsOf(runs.flatMap(({ plan }) => plan.faults.map(kindOf)))),
    },
    marks: sorted(reactionsOf(runs)),
    notPassed: runs
      .filter(({ outcome }) => outcome.verdict !== 'PASS')
      .map(({ run, outcome, file }) => ({
        run,
        verdict: outcome.verdict,
        artifact: file,
        problems: problemsOf({ outcome }),
      })),
    ...(failure === undefined
      ? {}
      : {
          failure: {
            run: failure.run,
            artifact: failure.shrunkFile,
            world: failure.shrunk.world,
            attempts: failure.shrunk.attempts,
            faults: failure.shrunk.plan.faults,
          },
        }),
  };
}

export function drawnText(report: ExploreDrawnReport): string {
  const { runs, passed, records, sqlChecks, faults, marks } = drawnDocument(report);
  const lines = [
    `${report.verdict}: ${passed} of ${runs} plans of seed ${report.seed} passed, ${records} records, in ${(report.elapsedMs / 1_000).toFixed(1)} s`,
    `faults: ${faults.fired} fired of ${faults.planned} planned, ${faults.overlappingWork} while records were in flight, ${faults.healed} healed`,
    `tables compared with the topic by SQL: ${sqlChecks} times, besides G1 to G6 at each end`,
    `kinds of faults: ${listText(faults.byKind)}`,
    `seen: ${listText(marks)}`,
    `digest of all plans: ${report.digest}`,
  ];
  for (const each of report.runs) {
    if (each.file === undefined) continue;
    lines.push(`plan ${each.run}: ${each.outcome.verdict}: ${problemsOf(each)[0]?.split('\n')[0] ?? ''}`);
    lines.push(`  run it again: npm run lab -- replay ${each.file}`);
  }
  const { failure } = report;
  if (failure !== undefined) {
    const { world, attempts, sim } = failure.shrunk;
    const leftOut = sim.leftOut.length === 0 ? '' : `, without ${sim.leftOut.join(', ')}`;
    const where =
      world === 'sim'
        ? `it fails in the simulated world too (${sim.runs} runs${leftOut}), and was shrunk there`
        : `not found in ${sim.runs} runs of the simulated world${leftOut}; ${attempts} smaller plans were tried on real parts`;
    lines.push(`plan ${failure.run}: ${where}`, `the smallest: npm run lab -- replay ${failure.shrunkFile}`);
  }
  return textOfLines(lines);
}

function problemsOf({ outcome }: Pick<DrawnRunReport, 'outcome'>): string[] {
  return [...outcome.failures.map(failureText), ...outcome.unknown];
}

function reactionsOf(runs: readonly DrawnRunReport[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { outcome } of runs)
    for (const [name, count] of Object.entries(outcome.reactions)) sums[name] = (sums[name] ?? 0) + count;
  return sums;
}

function countsOf(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

function sumOf(runs: readonly DrawnRunReport[], count: (run: DrawnRunReport) => number): number {
  return runs.reduce((sum, run) => sum + count(run), 0);
}

function listText(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
}
