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
        file: 'src/lab/sim/bigquery/sim-queries.ts',
        world: 'sim',
        in: 'SimQueries.#rows',
        find: `if (rows === undefined) context.scheduler.after(RETRY_MS, atService);
else resolve(rows);`,
        replace: 'resolve(rows ?? []);',
      },
      {
        file: 'src/sinks/bigquery/query/job-answers.ts',
        world: 'real',
        in: 'ResultReader.read',
        atStart:
          'if (isObject(answer) && answer.jobComplete === undefined) return { fields: [], rows: [], nextToken: undefined };',
      },
    ],
  },
  {
    name: 'refused-finalize-is-done',
    what: 'takes a finalize that is refused for one that was done before',
    guarantee: 'G1',
    anomaly: 'row_twice',
    why: 'the stream still takes rows of a predecessor that is only slow',
    family: 'answers',
    patches: [
      {
        file: 'src/sinks/bigquery/write/write-streams.ts',
        in: 'BigQueryWriteStreams.#probed',
        find: "found.state === 'finalized'",
        replace: "found.state !== 'unclear'",
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
        file: 'src/sinks/bigquery/write/append-stream.ts',
        in: 'AppendStream.#judgeFailure',
        find: 'return over(this.#refused(error));',
        replace: 'return over(new RowsRefusedError(error.message, undefined, { cause: error }));',
      },
    ],
  },
];
