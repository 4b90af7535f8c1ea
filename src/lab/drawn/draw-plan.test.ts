import { describe, expect, it } from 'vitest';
import { caseSeed } from '../explore/run-chunk.ts';
import { drawPlan } from './draw-plan.ts';
import { isDrawnPlan, kindOf, LANES, laneOf, parseDrawnPlan } from './drawn-plan.ts';

const PLANS = Array.from({ length: 300 }, (_, run) => drawPlan(caseSeed(1, run)));

describe('plans drawn for real parts', () => {
  it('are the same for the same seed, and others for others', () => {
    expect(drawPlan(caseSeed(1, 7))).toEqual(PLANS[7]);
    expect(new Set(PLANS.map((plan) => JSON.stringify(plan))).size).toBeGreaterThan(290);
  });

  it('survive a file', () => {
    for (const plan of PLANS) expect(parseDrawnPlan(JSON.parse(JSON.stringify({ plan })), 'file')).toEqual(plan);
    expect(isDrawnPlan({ plan: PLANS[0] })).toBe(true);
    expect(isDrawnPlan({ seed: 1, partitions: 1 })).toBe(false);
  });

  it('span every lane and every kind of fault, within few', () => {
    const faults = PLANS.slice(0, 50).flatMap((plan) => plan.faults);
    expect(new Set(faults.map(laneOf))).toEqual(new Set(LANES));
    const kinds = new Set(PLANS.flatMap((plan) => plan.faults.map(kindOf)));
    for (const kind of ['crash', 'stop', 'crash at a point', 'pause', 'out_of_files', 'reset_offsets', 'second_owner'])
      expect(kinds).toContain(kind);
    for (const effect of ['lost', 'truncated', 'corrupted', 'foreign'])
      expect(kinds).toContain(`crash + disk ${effect}`);
    for (const fault of ['cut', 'delay', 'black_hole', 'half_open']) expect(kinds).toContain(`network_${fault} kafka`);
    for (const kind of ['lose-answer', 'refuse', 'refuse-in-band', 'hold-answer', 'reset'])
      expect(kinds).toContain(`storage_answer ${kind}`);
    for (const kind of ['answer', 'garbage']) expect(kinds).toContain(`rest_answer ${kind}`);
    expect(kinds).toContain('streams_finalized');
  });

  it('have one fault at a takeover at most: two could mean the same answer', () => {
    for (const { faults } of PLANS)
      expect(faults.filter((each) => laneOf(each) === 'takeover').length).toBeLessThanOrEqual(1);
  });
});

describe('a file that is no plan', () => {
  it('is refused with what is wrong', () => {
    const [plan] = PLANS;
    const pause = { what: 'pause', process: 'alpha', forMs: 99_999_999, when: { afterRecords: 0 } };
    const wrong = { ...plan, faults: [pause] };
    expect(() => parseDrawnPlan(wrong, 'x.json')).toThrow(/x\.json: faults\.0\.forMs/);
    const alone = { ...plan, processors: ['alpha'], faults: [{ ...pause, process: 'beta', forMs: 5 }] };
    expect(() => parseDrawnPlan(alone, 'x.json')).toThrow(/no processor beta/);
  });
});
