/** Bugs in what is done about tables that are not the ones they were. */
import type { Mutant } from '../mutant.ts';

export const LOST_TABLE_MUTANTS: readonly Mutant[] = [
  {
    name: 'tables-not-inspected',
    what: 'takes a partition over again when its streams are gone, without asking whether the table is the one it was',
    guarantee: 'G1',
    anomaly: 'lost',
    why: 'it writes to the table that stands in the place of the lost one, and that is thrown away when the lost one is restored',
    family: 'lost-tables',
    patches: [
      {
        file: 'src/processor/wrong-tables.ts',
        in: 'wrongTablesBehind',
        find: 'const wrong = await inspection.wrongTables();',
        replace: 'const wrong = inspection === undefined ? new Error() : undefined;',
      },
      {
        file: 'src/processor/processor.ts',
        in: 'Processor.#watchTopic',
        find: 'if (wrong !== undefined) throw wrong;',
        replace: '',
      },
      {
        file: 'src/processor/partition-supervisor.ts',
        in: 'PartitionSupervisor.#holdOnce',
        find: 'if (wrong !== undefined) throw wrong;',
        replace: '',
      },
      {
        file: 'src/processor/processor.ts',
        in: 'Processor.#lookForLosses',
        find: 'if (lost !== undefined) throw lost;',
        replace: '',
      },
    ],
  },
];
