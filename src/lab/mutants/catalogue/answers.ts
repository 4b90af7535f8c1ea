/** Bugs in what is made of BigQuery's answers. */
import type { Mutant } from '../mutant.ts';

export const ANSWER_MUTANTS: readonly Mutant[] = [
  {
    name: 'empty-answer-is-no-rows',
    what: 'takes an answer that says nothing for a result of no rows',
    guarantee: 'G1',
    anomaly: 'row_twice',
    why: 'rows that are there, of streams that can no longer be counted, are written again',
    family: 'answers',
    patches: [
      {
        file: 'src/lab/sim/sim-queries.ts',
        world: 'sim',
        find: 'if (rows === undefined) context.scheduler.after(RETRY_MS, atService);\n            else resolve(rows);',
        replace: 'resolve(rows ?? []);',
      },
      {
        file: 'src/bigquery/job-answers.ts',
        world: 'real',
        find: 'read(answer: unknown, token: string | undefined): ReadPage {',
        replace: `read(answer: unknown, token: string | undefined): ReadPage {
    if (isObject(answer) && answer.jobComplete === undefined) return { fields: [], rows: [], nextToken: undefined };`,
      },
    ],
  },
  {
    name: 'refused-finalize-is-done',
    what: 'takes a finalize that is refused for one that was done before',
    guarantee: 'G1',
    anomaly: 'row_twice',
    why: 'the stream goes on taking rows of a predecessor that is only slow',
    family: 'answers',
    patches: [
      {
        file: 'src/bigquery/write-streams.ts',
        find: "if (found.state === 'finalized') return { state: 'gone' };",
        replace: "if (found.state !== 'unclear') return { state: 'gone' };",
      },
    ],
  },
  {
    name: 'invalid-argument-is-a-row',
    what: 'blames a record for every append that is refused',
    guarantee: 'liveness',
    anomaly: 'stopped:rows_refused',
    why: 'the partition stops for a row that nothing is wrong with, and an operator may give it up',
    family: 'answers',
    patches: [
      {
        file: 'src/bigquery/append-stream.ts',
        find: "      case 'refused':\n        return over(this.#refused(error));",
        replace:
          "      case 'refused':\n        return over(new RowsRefusedError(error.message, undefined, { cause: error }));",
      },
    ],
  },
];
