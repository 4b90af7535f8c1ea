/** Bugs in what is known of payments that another pipeline had written. */
import type { Mutant } from '../mutant.ts';

export const KNOWN_ELSEWHERE_MUTANTS: readonly Mutant[] = [
  {
    name: 'known-payments-accepted',
    what: 'accepts the copy of a payment that another pipeline wrote',
    guarantee: 'G5',
    anomaly: 'rows_extra',
    why: 'the rules say that it is a duplicate, and the table has a row of it',
    family: 'known-elsewhere',
    patches: [
      {
        file: 'src/payments/fold.ts',
        in: 'PartitionFold.#foldRead',
        find: 'known !== undefined && isKnownAt(this.#fixed, this.#decidesFromMs, known.eventTimeMs)',
        replace:
          'known !== undefined && known.offset !== ELSEWHERE && isKnownAt(this.#fixed, this.#decidesFromMs, known.eventTimeMs)',
      },
    ],
  },
  {
    name: 'known-payments-contradicted',
    what: 'compares the copy of a payment that another pipeline wrote with fields that nobody knows',
    guarantee: 'G5',
    anomaly: 'columns_differ',
    why: 'every such copy is called a conflict',
    family: 'known-elsewhere',
    patches: [
      {
        file: 'src/payments/fold.ts',
        in: 'PartitionFold.#foldRead',
        find: '!isElsewhere && (known.hashHigh !== hash.high || known.hashLow !== hash.low)',
        replace: 'known.hashHigh !== hash.high || known.hashLow !== hash.low',
      },
    ],
  },
  {
    name: 'known-payments-lost-with-local-state',
    what: 'forgets at a rebuild what another pipeline wrote',
    guarantee: 'liveness',
    anomaly: 'stopped:digest_differs',
    why: 'the state that is rebuilt is not the one of the checkpoint',
    family: 'known-elsewhere',
    patches: [
      {
        file: 'src/processor/takeover/restore.ts',
        in: 'rebuildFromSink',
        find: 'await carryInto(fold, generation, ownership, sink, signal);',
        replace: 'await carryInto(fold, { ...generation, known: undefined as never }, ownership, sink, signal);',
      },
    ],
  },
  {
    name: 'floor-goes-back-at-a-rescale',
    what: 'takes the greatest watermark as the floor of a rescaled topic, though the floor of its seeding is ahead',
    guarantee: 'G6',
    anomaly: 'ownership_contradicts',
    why: 'payments that were late, or known, below the old floor can be accepted again',
    family: 'known-elsewhere',
    patches: [
      {
        file: 'src/operations/rescale.ts',
        in: 'checked',
        find: 'Math.max(...boundaries.map(({ watermarkMs }) => watermarkMs), ...floorsMs)',
        replace: 'Math.max(...boundaries.map(({ watermarkMs }) => watermarkMs))',
      },
    ],
  },
  {
    name: 'known-payments-lost-at-a-rescale',
    what: 'leaves what another pipeline wrote out of the generation of a rescaled topic',
    guarantee: 'G6',
    anomaly: 'known_list_differs',
    why: 'partitions that are added accept copies that the others know',
    family: 'known-elsewhere',
    patches: [
      {
        file: 'src/operations/rescale.ts',
        in: 'knownBefore',
        find: 'known === undefined ? {} : { known }',
        replace: '{}',
      },
    ],
  },
];
