/** Bugs in what becomes of a partition whose log cannot be read on. */
import type { Mutant } from '../mutant.ts';

export const LOG_BYTES_MUTANTS: readonly Mutant[] = [
  {
    name: 'stops-without-writing',
    what: 'stops a partition at a damaged batch without writing what was folded before it',
    guarantee: 'liveness',
    anomaly: 'stopped_undrained',
    why: 'good records in front of the damage have no rows, and after the log is mended the partition is further behind than it was',
    family: 'damaged-logs',
    patches: [
      {
        file: 'src/processor/run/partition-run.ts',
        in: 'PartitionRun.#betweenRecords',
        find: 'error instanceof ContradictionError && error.leavesWhatWasFolded',
        replace: "error instanceof ContradictionError && error.code === 'retention_gap'",
      },
    ],
  },
];
