import { describe, expect, it } from 'vitest';
import type { SimFault } from '../../fault.ts';
import { EFFECTS_OF, OPERATIONS } from '../case/answers.ts';
import { CALM } from '../case/noise.ts';
import { drawSwarm } from '../case/swarm.ts';
import { FaultInjector } from './fault-injector.ts';
import { Rng } from './rng.ts';

function injector(plan: readonly SimFault[], noise = CALM) {
  const struck: (readonly [string, string | undefined])[] = [];
  const faults = new FaultInjector(plan, noise, new Rng(1, 'noise'), (fault, process) =>
    struck.push([fault.what, process]),
  );
  return { faults, struck };
}

describe('fault injector', () => {
  it('strikes on the n-th passing by the named process, once', () => {
    const { faults, struck } = injector([{ what: 'crash', when: { point: 'x', hit: 2, process: 'b' } }]);
    for (const process of ['a', 'a', 'b', 'a', 'b', 'b', 'b']) faults.pass('x', process);
    expect(struck).toEqual([['crash', 'b']]);
  });

  it('strikes on the n-th passing by all processes together where none is named', () => {
    const { faults, struck } = injector([{ what: 'crash', when: { point: 'x', hit: 3 } }]);
    for (const process of ['a', 'b', 'c', 'a']) faults.pass('x', process);
    expect(struck).toEqual([['crash', 'c']]);
  });

  it('strikes once the given number of records was handed over', () => {
    const { faults, struck } = injector([{ what: 'rebalance', when: { records: 10 } }]);
    for (const records of [4, 5]) faults.handed(records);
    expect(struck).toEqual([]);
    for (const records of [4, 5, 6]) faults.handed(records);
    expect(struck).toEqual([['rebalance', undefined]]);
  });

  it('names what goes wrong with the n-th request of a kind, and with no other', () => {
    const plan: SimFault[] = [{ what: 'answer', effect: 'lost_after', delayMs: 9, when: { point: 'append', hit: 2 } }];
    const { faults } = injector(plan);
    const effects = ['append', 'claim', 'append', 'append'] as const;
    expect(effects.map((operation) => faults.request(operation, 'a')?.effect)).toEqual([
      undefined,
      undefined,
      'lost_after',
      undefined,
    ]);
    expect([...faults.effects]).toEqual([['append:lost_after', 1]]);
  });

  it('draws noise at about its rate', () => {
    const { faults } = injector([], { ...CALM, effects: { append: { lost_before: 0.1, internal: 0.2 } } });
    for (let i = 0; i < 5_000; i++) faults.request('append', 'a');
    expect(Math.abs((faults.effects.get('append:lost_before') ?? 0) - 500)).toBeLessThan(100);
    expect(Math.abs((faults.effects.get('append:internal') ?? 0) - 1_000)).toBeLessThan(150);
  });

  it('does nothing once healed', () => {
    const { faults, struck } = injector([{ what: 'crash', when: { point: 'append', hit: 1 } }], {
      ...CALM,
      effects: { append: { lost_before: 1 } },
    });
    faults.heal(CALM);
    expect(faults.request('append', 'a')).toBeUndefined();
    expect(struck).toEqual([]);
    expect(faults.fired).toEqual([]);
  });

  it('refuses an effect that the operation does not know, naming the fault', () => {
    const fault: SimFault = { what: 'answer', effect: 'silent_after', when: { point: 'claim', hit: 1 } };
    expect(() => injector([fault])).toThrow(/no such effect at this point: .*silent_after/);
    expect(() => injector([{ ...fault, when: { atMs: 5 } }])).toThrow(/no such effect/);
  });
});

describe('swarm', () => {
  const dials = { processes: ['a', 'b'], partitions: 2, records: 200, spanMs: 10_000, faults: [3, 6] } as const;

  it('is plain data: it survives JSON, and every plan of it is accepted', () => {
    for (let seed = 1; seed <= 300; seed++) {
      const swarm = drawSwarm({ ...dials, seed });
      expect(JSON.parse(JSON.stringify(swarm))).toEqual(swarm);
      expect(() => injector(swarm.faults, swarm.noise)).not.toThrow();
      expect(swarm.faults.length).toBeGreaterThanOrEqual(3);
    }
  });

  it('draws every kind of fault that it knows, and differs from run to run in what is on', () => {
    const swarms = Array.from({ length: 400 }, (_, seed) => drawSwarm({ ...dials, seed }));
    expect([...new Set(swarms.flatMap(({ faults }) => faults.map(({ what }) => what)))].sort()).toEqual([
      'answer',
      'bigquery_down',
      'clock_jump',
      'crash',
      'disk',
      'leader_loss',
      'pause',
      'rebalance',
      'reset_offsets',
      'session_expiry',
      'stop',
      'streams_finalized',
      'streams_lost',
    ]);
    const noisy = swarms.filter(({ noise }) => Object.keys(noise.effects.append ?? {}).length > 0).length;
    expect(noisy).toBeGreaterThan(100);
    expect(noisy).toBeLessThan(400);
  });

  it('knows an effect for every operation', () => {
    for (const operation of OPERATIONS) expect(EFFECTS_OF[operation].length).toBeGreaterThan(0);
  });
});
