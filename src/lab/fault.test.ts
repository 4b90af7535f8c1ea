import { describe, expect, it } from 'vitest';
import { existsIn, type Fault } from './fault.ts';

describe('a fault', () => {
  const faults: readonly (readonly [Fault, boolean, boolean])[] = [
    [{ what: 'crash', process: 'a' }, true, true],
    [{ what: 'stop', process: 'a', disk: 'lost' }, true, true],
    [{ what: 'stop', process: 'a', disk: 'stale' }, false, true],
    [{ what: 'disk', process: 'a', effect: 'truncated' }, true, true],
    [{ what: 'disk', process: 'a', effect: 'stale' }, false, true],
    [{ what: 'network_cut', on: 'kafka' }, true, false],
    [{ what: 'second_owner' }, true, false],
    [{ what: 'rebalance' }, false, true],
  ];
  it.each(faults)('%o exists on real parts: %s, in the simulated world: %s', (fault, isReal, isSim) => {
    expect([existsIn(fault, 'real'), existsIn(fault, 'sim')]).toEqual([isReal, isSim]);
  });
});
