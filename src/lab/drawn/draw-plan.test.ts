import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { caseSeed } from '../explore/run-chunk.ts';
import { anyDrawnPlan, DRAWING, drawPlan, intSeed } from './draw-plan.ts';
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
    const strikes = PLANS.slice(0, 50).flatMap((plan) => plan.strikes);
    expect(new Set(strikes.map(laneOf))).toEqual(new Set(LANES));
    const kinds = new Set(PLANS.flatMap((plan) => plan.strikes.map(kindOf)));
    for (const kind of ['kill', 'stop', 'crash-point', 'pause', 'out-of-files', 'reset-group', 'second-group'])
      expect(kinds).toContain(kind);
    for (const damage of ['delete', 'truncate', 'flip-bit', 'swap'])
      expect(kinds).toContain(`kill + checkpoint.${damage}`);
    for (const fault of ['cut', 'delay', 'black-hole', 'half-open']) expect(kinds).toContain(`network.${fault} kafka`);
    for (const kind of ['lose-answer', 'refuse', 'refuse-in-band', 'hold-answer', 'reset'])
      expect(kinds).toContain(`storage.answer ${kind}`);
    for (const kind of ['answer', 'garbage']) expect(kinds).toContain(`rest.answer ${kind}`);
    expect(kinds).toContain('sink.finalize-streams');
  });

  it('have one strike at a takeover at most: two could mean the same answer', () => {
    for (const { strikes } of PLANS)
      expect(strikes.filter((each) => laneOf(each) === 'takeover').length).toBeLessThanOrEqual(1);
  });

  it('are what shrinking begins with', async () => {
    const seed = caseSeed(1, 3);
    const seen: unknown[] = [];
    const property = fc.asyncProperty(anyDrawnPlan, async (plan) => void seen.push(plan));
    await fc.check(property, { ...DRAWING, seed: intSeed(seed) });
    expect(seen).toEqual([PLANS[3]]);
  });
});

describe('a file that is no plan', () => {
  it('is refused with what is wrong', () => {
    const [plan] = PLANS;
    const wrong = { ...plan, strikes: [{ what: 'pause', afterRecords: 0, processor: 'alpha', lastsMs: 99_999_999 }] };
    expect(() => parseDrawnPlan(wrong, 'x.json')).toThrow(/x\.json: strikes\.0\.lastsMs/);
    const alone = { ...plan, processors: ['alpha'], strikes: [{ ...wrong.strikes[0], processor: 'beta', lastsMs: 5 }] };
    expect(() => parseDrawnPlan(alone, 'x.json')).toThrow(/no processor beta/);
  });
});
