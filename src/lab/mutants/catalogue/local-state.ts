/** Bugs in how local state is written anew, and in what partitions are given when the topic gets more of them. */
import type { Mutant } from '../mutant.ts';

const COMPACTION = 'src/local-state/compaction.ts';

export const LOCAL_STATE_MUTANTS: readonly Mutant[] = [
  {
    name: 'compaction-loses-windows',
    what: 'leaves the open windows out when it writes a journal anew',
    guarantee: 'liveness',
    anomaly: 'state_wrong',
    why: 'the digest finds it at the next start, and the state is rebuilt from the sink, which takes long; without the digest, sums would be wrong',
    family: 'swarm',
    patches: [
      {
        file: COMPACTION,
        in: 'Compaction.#isLive',
        find: "family !== 'windows' || $LATEST",
        replace: "family !== 'windows'",
      },
    ],
  },
  {
    name: 'compaction-ends-early',
    what: 'takes the new journal for whole before the end of the old one is reached',
    guarantee: 'liveness',
    anomaly: 'state_wrong',
    why: 'what was saved since the compaction began is missing from the state, and the digest finds it',
    family: 'swarm',
    patches: [
      {
        file: COMPACTION,
        in: 'Compaction.goOn',
        find: 'this.#at < old.byteLength',
        replace: 'this.#at < old.byteLength && this.#head === undefined',
      },
    ],
  },
  {
    name: 'rescale-carries-nothing-from-lower',
    what: 'gives the partitions of a topic that got more of them only what higher ones had accepted',
    guarantee: 'G2',
    anomaly: 'id_twice',
    why: 'a copy whose original is in a lower partition is not known, and is accepted',
    family: 'swarm',
    patches: [
      {
        file: 'src/processor/takeover/restore.ts',
        in: 'carryInto',
        find: 'source.partition === partition',
        replace: 'source.partition <= partition',
      },
    ],
  },
];
