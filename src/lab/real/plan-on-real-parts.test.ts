import { describe, expect, it } from 'vitest';
import type { SimFault } from '../fault.ts';
import type { CasePlan } from '../sim/case/case-plan.ts';
import { CALM } from '../sim/case/noise.ts';
import { realSteps } from './plan-on-real-parts.ts';

function planWith(faults: readonly SimFault[], processes = ['a']): CasePlan {
  return { seed: 1, partitions: 1, processes, workload: [], faults, noise: CALM, healAtMs: 1 };
}

describe('a plan on real parts', () => {
  it('is refused with a rules file: without it the records would all be rejected', () => {
    const { cannot } = realSteps({ ...planWith([]), rules: { files: ['{}'], byLife: {} } });
    expect(cannot).toEqual([expect.stringContaining('a rules file')]);
  });

  it('crashes a process at its named point, and does the rest at its time', () => {
    const { crashPoints, timed, cannot } = realSteps(
      planWith([
        { what: 'crash', when: { point: 'append.checkpoint_log.after', hit: 2 } },
        { what: 'stop', process: 'a', restartAfterMs: 9, when: { atMs: 5 } },
        { what: 'disk', process: 'a', effect: 'lost', when: { records: 7 } },
      ]),
    );
    expect([...crashPoints]).toEqual([['a', { process: 'a', point: 'append.checkpoint_log.after', hit: 2 }]]);
    expect(timed.map(({ what, when }) => [what, when])).toEqual([
      ['stop', { atMs: 5 }],
      ['disk', { records: 7 }],
    ]);
    expect(cannot).toEqual([]);
  });

  const impossible: readonly (readonly [string, SimFault, RegExp])[] = [
    [
      'an answer that is lost',
      { what: 'answer', effect: 'lost_after', when: { point: 'append', hit: 1 } },
      /named point/,
    ],
    ['streams that are lost', { what: 'streams_lost', when: { atMs: 1 } }, /no counterpart/],
    ['a stale disk', { what: 'disk', process: 'a', effect: 'stale', when: { atMs: 1 } }, /no counterpart/],
    ['a damaged disk', { what: 'disk', process: 'a', effect: 'corrupted', when: { atMs: 1 } }, /shows in a checksum/],
    ['a topic made anew', { what: 'recreate', when: { atMs: 1 } }, /no counterpart/],
    ['a crash at a request', { what: 'crash', when: { point: 'claim', hit: 1, process: 'a' } }, /no such crash point/],
    [
      'a crash of the first process that comes',
      { what: 'crash', when: { point: 'state.save.after', hit: 1 } },
      /do not count the points they pass together/,
    ],
  ];
  it.each(impossible)('cannot be done with %s, and says why', (_, fault, why) => {
    const { cannot } = realSteps(planWith([fault], ['a', 'b']));
    expect(cannot).toHaveLength(1);
    expect(cannot[0]).toMatch(why);
  });

  it('cannot be done with what only the simulated world sets up', () => {
    const compaction = { leastDeadBytes: 256, bytesPerSave: 64, partBytes: 128 };
    const plan: CasePlan = { ...planWith([]), survivor: 'a', compaction };
    expect(realSteps(plan).cannot).toEqual([
      expect.stringMatching(/^one process alone/),
      expect.stringMatching(/^local state that is compacted early/),
    ]);
  });

  it('cannot be done with records in transactions', () => {
    const record = { atMs: 0, partition: 0, key: null, value: null } as const;
    const plan = {
      ...planWith([]),
      workload: [{ ...record, transaction: { outcome: 'abort', openForMs: 1 } as const }],
    };
    expect(realSteps(plan).cannot).toEqual([expect.stringMatching(/^records in transactions/)]);
  });
});
