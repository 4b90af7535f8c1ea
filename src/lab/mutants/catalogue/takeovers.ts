/** Bugs in how a partition changes hands: steps 1 to 5 of a takeover. */
import type { Mutant } from '../mutant.ts';

export const TAKEOVER_MUTANTS: readonly Mutant[] = [
  {
    name: 'no-finalize',
    what: 'takes over without finalizing the streams of its predecessors',
    guarantee: 'G1',
    anomaly: 'row_twice',
    why: 'a predecessor that is only slow writes on beside its successor',
    family: 'takeovers',
    patches: [
      {
        file: 'src/sinks/bigquery/takeover/fence.ts',
        in: 'finalizeOlder',
        find: 'const outcome = await parts.streams.finalize(stream);',
        replace: "const outcome: FinalizeOutcome = { state: 'gone' };",
      },
    ],
  },
  {
    name: 'claim-without-condition',
    what: 'claims a partition regardless of its present epoch',
    guarantee: 'G1',
    anomaly: 'row_twice',
    why: 'a claim that comes late overwrites a newer one and hides its streams: its owner is never fenced',
    family: 'takeovers',
    patches: [
      {
        file: 'src/lab/sim/bigquery/sim-ownership.ts',
        world: 'sim',
        in: 'SimOwnership.claim',
        find: 'if (row === undefined || row.epoch !== expectedEpoch) continue;',
        replace: 'if (row === undefined) continue;',
      },
      {
        file: 'src/sinks/bigquery/query/ownership-queries.ts',
        world: 'real',
        in: 'OwnershipQueries.claim',
        find: 'sql: $SQL',
        replace: `sql: (() => {
  const [before, after] = $SQL.split(' AND o.epoch = c.expected_epoch');
  return before + after;
})()`,
      },
    ],
  },
  {
    name: 'claim-not-read-back',
    what: 'takes its claim for won as soon as the statement is done, without reading the row back',
    guarantee: 'G1',
    anomaly: 'row_twice',
    why: 'the loser of two claims writes too, to streams that the ownership row does not name',
    family: 'takeovers',
    patches: [
      {
        file: 'src/sinks/bigquery/takeover/claims.ts',
        in: 'sent',
        find: 'return claims.map(({ partition, claimId }) => { $$$BODY });',
        replace: `return claims.map(({ partition, claimId, streams, expectedEpoch }) => {
    const there = after.get(partition);
    if (there === undefined) return { row: there, won: undefined };
    const row = { ...there, claimId, streams, epoch: expectedEpoch + 1 };
    return { row, won: wonBy(row) };
  });`,
      },
    ],
  },
  {
    name: 'prune-unfinalized',
    what: 'drops the streams of all but the last owner from the list, whether anybody finalized them or not',
    guarantee: 'liveness',
    anomaly: 'stopped:row_counts_differ',
    why: 'rows of an owner that is forgotten cannot be accounted for: the row counts never agree and the partition stops',
    family: 'takeovers',
    patches: [
      {
        file: 'src/sinks/bigquery/takeover/claims.ts',
        in: 'StreamClaims.#prepare',
        find: 'current.streams.filter((stream) => stream.epoch >= keepFromEpoch)',
        replace: 'current.streams.filter((stream) => stream.epoch === current.epoch)',
      },
    ],
  },
  {
    name: 'counts-not-awaited',
    what: 'reads what is there once, without waiting until the row counts of the streams agree',
    guarantee: 'G1',
    anomaly: 'row_twice',
    why: 'rows that become visible a moment later are written again',
    family: 'takeovers',
    patches: [
      {
        file: 'src/sinks/bigquery/takeover/fence.ts',
        in: 'fencePartition',
        find: 'difference === undefined',
        replace: 'true',
      },
    ],
  },
  {
    name: 'position-by-max',
    what: 'resumes from the greatest offset in any table, without comparing table by table',
    guarantee: 'G1',
    anomaly: 'lost',
    why: 'a table that lagged behind the others never gets the rows below that offset',
    family: 'takeovers',
    patches: [
      {
        file: 'src/processor/run/table-writer.ts',
        in: 'TableWriter.take',
        find: 'const from = this.#isPast ? 0 : this.#passOverThere(rows);',
        replace: `const { resumeOffset } = this.#options.position;
    const at = [...rows].findIndex((row) => row.kafkaOffset >= resumeOffset);
    const from = at === -1 ? rows.length : at;`,
      },
      {
        file: 'src/processor/run/table-writer.ts',
        in: 'TableWriter.rowsLeft',
        find: 'return this.#options.there.left(nextOffset);',
        replace: 'return 0;',
      },
    ],
  },
  {
    name: 'skip-one-too-few',
    what: 'takes one row less for written than there are',
    guarantee: 'G1',
    anomaly: 'row_twice',
    why: 'the last row from before the takeover is written again',
    family: 'takeovers',
    patches: [
      {
        file: 'src/sinks/bigquery/takeover/read-back-rows.ts',
        in: 'ReadBackRows.constructor',
        find: 'this.found = found;',
        replace: 'this.found = found.slice(0, -1);',
      },
    ],
  },
  {
    name: 'skip-one-too-many',
    what: 'skips one row more than were there',
    guarantee: 'G1',
    anomaly: 'lost',
    why: 'the first row after those from before the takeover is never written',
    family: 'takeovers',
    patches: [
      {
        file: 'src/sinks/bigquery/takeover/read-back-rows.ts',
        in: 'ReadBackRows.ask',
        find: "if (found === undefined) return 'missing';",
        replace:
          "if (found === undefined) return this.rows > 0 && this.#compared++ === this.rows ? 'present' : 'missing';",
      },
    ],
  },
  {
    name: 'skip-forgets-exceptions',
    what: 'skips what was written before the takeover in every table but payment_exceptions',
    guarantee: 'G1',
    anomaly: 'row_twice',
    why: 'a duplicate, late or rejected record gets a second row',
    family: 'takeovers',
    patches: [
      {
        file: 'src/processor/run/partition-run.ts',
        in: 'PartitionRun.#tableWriters',
        find: 'there: position.reached',
        replace: `there: {
        ...position.reached,
        payment_exceptions: { next: 0, rows: 0, ask: () => 'missing', left: () => 0 },
      } as typeof position.reached`,
      },
    ],
  },
  {
    name: 'skip-forgets-windows',
    what: 'emits the windows again that were closed and written before the takeover',
    guarantee: 'G3',
    anomaly: 'window_twice',
    why: 'the sums of those windows count twice',
    family: 'takeovers',
    patches: [
      {
        file: 'src/processor/run/partition-run.ts',
        in: 'PartitionRun.#tableWriters',
        find: 'there: position.reached',
        replace: `there: {
        ...position.reached,
        payment_metrics_partials: { next: 0, rows: 0, ask: () => 'missing', left: () => 0 },
      } as typeof position.reached`,
      },
    ],
  },
];
