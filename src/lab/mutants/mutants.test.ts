/**
 * The lab can fail: mutants of the catalogue are caught by what they must break, and the code as it is passes the same cases
 * (a sample here, all of them in mutants.long.test.ts). And the means can fail: a mutant that no longer fits the code is an error.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ScenarioReport } from '../scenario.ts';
import { loadScenarios } from '../scenario-files.ts';
import { MUTANTS, requireMutant } from './catalogue.ts';
import { drawFamilyCase } from './families.ts';
import { chooseMutants, type MutantsReport, runMutants } from './kill-matrix.ts';
import { FAMILIES } from './mutant.ts';
import { complaints, mutantsTable, realComplaints, realMutantsMarkdown, realMutantsTable } from './mutants-text.ts';
import { misfits } from './patch-hook.ts';
import { judged, type RealMutantResult, type RealMutantsReport } from './real-matrix.ts';
import { choosePairs, REAL_PAIRS } from './real-pairs.ts';
import { findingsOf } from './run-budget.ts';

describe('the catalogue of mutants', () => {
  it('has the designs of the guide and a bug for every guarantee, each under its own name', () => {
    expect(new Set(MUTANTS.map(({ name }) => name)).size).toBe(MUTANTS.length);
    expect(MUTANTS.length).toBeGreaterThanOrEqual(22);
    expect(MUTANTS.filter(({ isGuideDesign }) => isGuideDesign === true)).toHaveLength(4);
    const broken = new Set(MUTANTS.map(({ guarantee }) => guarantee));
    expect([...broken].sort()).toEqual(['G1', 'G2', 'G3', 'G4', 'G5', 'G6', 'liveness']);
  });

  it('is in docs/mutants.md', () => {
    const page = readFileSync(new URL('../../../docs/mutants.md', import.meta.url), 'utf8');
    expect(MUTANTS.map(({ name }) => name).filter((name) => !page.includes(`\n| ${name} |`))).toEqual([]);
  });

  it('fits the code as it is', () => {
    expect(misfits(MUTANTS)).toEqual([]);
  });

  it('refuses a name that it does not have', () => {
    expect(() => requireMutant('no-such-bug')).toThrow(/no mutant is called no-such-bug/);
    expect(chooseMutants(['sums-through-float', 'no-finalize']).map(({ name }) => name)).toEqual([
      'no-finalize',
      'sums-through-float',
    ]);
  });
});

describe('the families of cases', () => {
  it.each(FAMILIES)('%s: one seed is one case, and another seed another', (family) => {
    expect(drawFamilyCase(family, 7)).toEqual(drawFamilyCase(family, 7));
    expect(drawFamilyCase(family, 8)).not.toEqual(drawFamilyCase(family, 7));
  });
});

describe('what a run broke', () => {
  it('tells a broken guarantee from a false stop and from a run that is stuck', () => {
    const failures = [
      { guarantee: 'G1', kind: 'lost', message: '' },
      { guarantee: null, kind: 'stopped:rows_differ', message: '' },
    ] as const;
    expect(findingsOf({ failures, unknown: ['partition 0 did not drain'] })).toEqual([
      { guarantee: 'G1', anomaly: 'lost' },
      { guarantee: 'liveness', anomaly: 'stopped:rows_differ' },
      { guarantee: 'liveness', anomaly: 'stuck' },
    ]);
    expect(findingsOf({ failures: [], unknown: [] })).toEqual([]);
  });
});

describe('the report', () => {
  const result = { guarantee: 'G1', anomaly: 'lost', family: 'swarm', runs: 9 } as const;
  const report: MutantsReport = {
    verdict: 'FAIL',
    seed: 1,
    budget: 9,
    mutants: [
      { ...result, name: 'caught', killed: true, killedBy: 'G1', runs: 2, alsoBroke: ['G5 rows_missing'] },
      { ...result, name: 'survivor', killed: false, killedBy: null, alsoBroke: [] },
      { ...result, name: 'by-another', killed: false, killedBy: 'liveness', alsoBroke: ['liveness stuck'] },
    ],
    control: {
      passed: false,
      runs: 9,
      families: { swarm: { runs: 9, broke: { G3: { run: 4, kind: 'window_twice' } } } },
    },
    tookMs: 1,
  };

  it('says what survived, what only something else gave away, and what the control broke', () => {
    expect(complaints(report)).toEqual([
      'survivor survived 9 runs: nothing broke',
      'by-another must break G1 (lost) and did not in 9 runs; what broke: liveness stuck',
      'the control, the code as it is, broke G3 (window_twice) in run 4 of swarm',
    ]);
    expect(mutantsTable(report).rows.map((cells) => cells[4])).toEqual(['2', 'NOT in 9', 'NOT in 9']);
  });
});

describe('the mutants on real parts', () => {
  it('belong to scenarios that exist, each of which must find something', async () => {
    const scenarios = (await loadScenarios()).map(({ name }) => name);
    expect(REAL_PAIRS.filter(({ scenario }) => !scenarios.includes(scenario))).toEqual([]);
    expect(misfits(REAL_PAIRS.map(({ mutant }) => requireMutant(mutant)))).toEqual([]);
    expect(new Set(REAL_PAIRS.map(({ scenario }) => scenario)).size).toBeGreaterThanOrEqual(12);
  });

  it('are chosen by their own names and by those of scenarios', () => {
    expect(choosePairs([])).toBe(REAL_PAIRS);
    expect(choosePairs(['zombie', 'gap-accepted']).map(({ mutant }) => mutant)).toEqual([
      'no-finalize',
      'gap-accepted',
    ]);
    expect(() => choosePairs(['no-such-bug'])).toThrow(/no mutant is called no-such-bug/);
    expect(() => choosePairs(['sums-through-float'])).toThrow(/no scenario on real parts is there/);
  });

  it('count as caught only by what they must break, and by a verdict that says so', () => {
    const pair = { mutant: 'no-finalize', scenario: 'zombie', guarantee: 'G1', anomaly: 'row_twice' } as const;
    const report: ScenarioReport = {
      name: 'zombie',
      verdict: 'FAIL',
      problems: ['G1: 1 finding'],
      bits: [],
      broke: [
        { guarantee: 'G1', kind: 'row_twice' },
        { guarantee: 'G5', kind: 'rows_extra' },
      ],
      stops: ['rows_differ'],
      seed: 3,
      tookMs: 5,
    };
    expect(judged(pair, report)).toMatchObject({
      ...{ killed: true, killedBy: 'G1', seed: 3 },
      alsoBroke: ['G5 rows_extra', 'liveness stopped:rows_differ'],
    });
    expect(judged({ ...pair, anomaly: 'lost' }, report)).toMatchObject({ killed: false, killedBy: 'G1' });
    expect(judged(pair, { ...report, verdict: 'PASS', broke: [], stops: [] })).toMatchObject({
      ...{ killed: false, killedBy: null },
    });
    const stopped = { ...pair, guarantee: 'liveness', anomaly: 'stopped:rows_differ' } as const;
    expect(judged(stopped, { ...report, verdict: 'UNKNOWN', broke: [] })).toMatchObject({ killed: true });
  });

  it('are printed as one row each, and complained about where they were not caught', () => {
    const result: RealMutantResult = {
      name: 'm',
      scenario: 's',
      guarantee: 'G1',
      anomaly: 'lost',
      killed: false,
      killedBy: null,
      verdict: 'PASS',
      alsoBroke: [],
      problems: [],
      runs: 1,
      seed: 1,
      tookMs: 1,
      folder: 's-m',
    };
    const report: RealMutantsReport = { world: 'real', verdict: 'FAIL', seed: 1, mutants: [result], tookMs: 1 };
    expect(realMutantsTable(report).rows).toEqual([['m', 's', 'G1', 'lost', 'PASS', 'NO', '']]);
    expect(realComplaints(report)).toEqual(['m: s must find G1 (lost) and said PASS; what broke: nothing; ']);
    expect(realMutantsMarkdown(report)).toContain('| m | s | G1 | lost | PASS | NO |  |');
  });
});

/** One for each guarantee, caught in its first run or its second. All of them: mutants.long.test.ts. */
const SAMPLE = [
  'no-finalize',
  'evicts-a-minute-early',
  'sums-through-float',
  'activity-forgotten-early',
  'settings-not-recorded',
  'rejected-not-counted',
  'last-record-must-be-there',
];

describe('the mutants in the simulated world', () => {
  it('of each guarantee one is caught by what it must break, and the control passes the same cases', async () => {
    const mutants = chooseMutants(SAMPLE);
    expect(new Set(mutants.map(({ guarantee }) => guarantee)).size).toBe(SAMPLE.length);
    const report = await runMutants({ mutants, budget: 4, seed: 1, jobs: 1, control: 'as-far', nowMs: () => 0 });
    expect(complaints(report)).toEqual([]);
    expect(report.verdict).toBe('PASS');
  }, 120_000);
});
