/** Plans as files: what is drawn survives the way through JSON, and what is wrong is named. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigurationError } from '../../../base/errors.ts';
import { type CasePlan, loadCasePlan, parseCasePlan } from './case-plan.ts';
import { drawCase } from './draw-case.ts';
import { CALM } from './noise.ts';
import { runCase } from './sim-case.ts';

const SMALL: CasePlan = {
  seed: 1,
  partitions: 1,
  processes: ['a'],
  workload: [],
  faults: [],
  noise: CALM,
  healAtMs: 1_000,
};

function problemsOf(document: unknown): string {
  try {
    parseCasePlan(document, 'plan.json');
  } catch (error) {
    return (error as ConfigurationError).problems.join('\n');
  }
  return '';
}

describe('a plan', () => {
  it('is the same after the way through JSON, for any draw', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const plan = drawCase(seed, { records: 10, damageChance: 0.3 });
      const read = parseCasePlan(JSON.parse(JSON.stringify(plan)), 'plan');
      expect(read).toEqual(JSON.parse(JSON.stringify(plan)));
    }
  });

  it('read from what explore saved gives the run that it was saved for', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'provenonce-plan-'));
    try {
      const plan = drawCase(5, { records: 30 });
      const file = path.join(folder, 'failure.json');
      await writeFile(file, JSON.stringify({ verdict: 'FAIL', plan }));
      const [saved, drawn] = [await runCase(await loadCasePlan(file)), await runCase(plan)];
      expect(saved.traceDigest).toBe(drawn.traceDigest);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('is refused with what is wrong with it, and where', () => {
    expect(problemsOf({ ...SMALL, partitions: 0 })).toMatch(/^plan.json: partitions: /);
    expect(problemsOf({ ...SMALL, workload: [{ atMs: 0, partition: 1, key: null, value: null }] })).toBe(
      'plan.json: workload.0.partition: there is no partition 1',
    );
    expect(problemsOf({ ...SMALL, faults: [{ what: 'stop', process: 'z', when: { atMs: 1 } }] })).toBe(
      'plan.json: faults.0.process: there is no process z',
    );
    const answer = { what: 'answer', effect: 'rows_refused', when: { point: 'claim', hit: 1 } };
    expect(problemsOf({ ...SMALL, faults: [answer] })).toBe(
      'plan.json: faults.0: rows_refused cannot happen at "claim"',
    );
    expect(problemsOf({ ...SMALL, faults: [{ what: 'meteor', when: { atMs: 1 } }] })).toMatch(/faults.0.what/);
    expect(problemsOf('nothing')).toMatch(/^plan.json: plan: /);
  });

  it('that cannot be read is refused as such', async () => {
    await expect(loadCasePlan('/nowhere/plan.json')).rejects.toBeInstanceOf(ConfigurationError);
  });

  it('whose fault must fire and does not is UNKNOWN', async () => {
    const plan = drawCase(1, { records: 20, damageChance: 0 });
    const never = { what: 'rebalance', when: { records: 1_000_000 } } as const;
    const outcome = await runCase({ ...plan, faults: [never], mustFire: true });
    expect([outcome.verdict, outcome.unknown]).toEqual(['UNKNOWN', [`did not fire: ${JSON.stringify(never)}`]]);
  });
});
