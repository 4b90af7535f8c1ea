/** Bugs that the protocol model has as weakened variants (src/lab/model/variants.ts), each under the name it has there. */
import type { Mutant } from '../mutant.ts';

const CLAIMS = 'src/sinks/bigquery/takeover/claims.ts';
const SUPERVISOR = 'src/processor/partition-supervisor.ts';
const FENCE = 'src/sinks/bigquery/takeover/fence.ts';
const CURSOR = 'src/processor/run/log-cursor.ts';

export const MODEL_MUTANTS: readonly Mutant[] = [
  {
    name: 'forgets-older-streams',
    what: 'takes all older streams off the list with its claim',
    guarantee: 'G1',
    anomaly: 'row_twice',
    why: 'nobody finalizes them, and a predecessor that is only slow writes on',
    family: 'takeovers',
    patches: [
      {
        file: CLAIMS,
        in: 'StreamClaims.#prepare',
        find: 'current.streams.filter((stream) => stream.epoch >= keepFromEpoch)',
        replace: 'current.streams.filter((stream) => stream.epoch > current.epoch)',
      },
    ],
  },
  {
    name: 'new-streams-at-the-same-epoch',
    what: 'replaces lost streams at its own epoch, without a claim that others would see',
    guarantee: 'liveness',
    anomaly: 'stopped:row_counts_differ',
    why: 'an epoch then has two streams of a table, and what the checkpoint says of one is taken off both',
    family: 'lost-streams',
    patches: [
      {
        file: CLAIMS,
        in: 'StreamClaims.#prepare',
        find: 'current.epoch + 1',
        replace: 'current.owner === owner ? current.epoch : current.epoch + 1',
      },
      {
        file: 'src/sinks/bigquery/takeover/stream-claim.ts',
        in: 'StreamClaim.constructor',
        find: 'stream.epoch < ownership.epoch',
        replace: '!Object.values(ownStreams).includes(stream)',
      },
      {
        file: 'src/lab/sim/bigquery/sim-ownership.ts',
        world: 'sim',
        in: 'SimOwnership.claim',
        find: 'epoch: expectedEpoch + 1',
        replace: 'epoch: row.owner === owner ? expectedEpoch : expectedEpoch + 1',
      },
      {
        file: 'src/sinks/bigquery/query/ownership-queries.ts',
        world: 'real',
        in: 'OwnershipQueries.claim',
        find: 'sql: $SQL',
        replace: `sql: (() => {
  const [before, after] = $SQL.split('SET epoch = o.epoch + 1');
  return \`\${before}SET epoch = o.epoch + IF(o.owner = c.owner, 0, 1)\${after}\`;
})()`,
      },
    ],
  },
  {
    name: 'compares-nothing',
    what: 'neither compares nor skips rows that are there already',
    guarantee: 'G1',
    anomaly: 'row_twice',
    why: 'everything past the checkpoint is written again',
    family: 'takeovers',
    patches: [
      {
        file: 'src/sinks/bigquery/takeover/read-back-rows.ts',
        in: 'ReadBackRows.constructor',
        find: 'this.found = found;',
        replace: 'this.found = found.slice(0, 0);',
      },
    ],
  },
  {
    name: 'counts-settled-epochs',
    what: "adds up the row counts of streams from before the checkpoint's epoch as well",
    guarantee: 'liveness',
    anomaly: 'stopped:row_counts_differ',
    why: 'their rows are below the checkpoint, and a query past it does not find them',
    family: 'late-claims',
    patches: [
      {
        file: 'src/sinks/bigquery/takeover/promised-rows.ts',
        in: 'promisedRows',
        find: 'stream.table !== table || stream.epoch < checkpointEpoch',
        replace: 'stream.table !== table',
      },
    ],
  },
  {
    name: 'offsets-of-the-moment',
    what: 'writes how many rows were sent by the time of the checkpoint, not how many there are below it',
    guarantee: 'liveness',
    anomaly: 'stopped:row_counts_differ',
    why: 'the next takeover expects fewer rows past the checkpoint than there are',
    family: 'takeovers',
    patches: [
      {
        file: 'src/sinks/bigquery/write/partition-writer.ts',
        in: 'StreamPartitionWriter.beginCheckpoint',
        find: '{ ...checkpoint, streamOffsets, found: $FOUND }',
        replace: '{ ...checkpoint, streamOffsets: { ...this.#sentRows }, found: $FOUND }',
      },
    ],
  },
  {
    name: 'stops-without-looking',
    what: 'stops for a contradiction without reading the ownership row again',
    guarantee: 'liveness',
    anomaly: 'stopped:row_counts_differ',
    why: 'somebody else has the partition by then, and what does not add up is its work in flight',
    family: 'late-claims',
    patches: [
      { file: SUPERVISOR, in: 'PartitionSupervisor.#isFinal', atStart: 'if (holding.won !== undefined) return true;' },
    ],
  },
  {
    name: 'waits-without-end',
    what: 'waits for the row counts to agree, and never asks whether the partition is still its own',
    guarantee: 'liveness',
    anomaly: 'stuck',
    why: 'rows of the owner that took it over meanwhile are in no count, and nobody continues once that one is gone',
    family: 'late-claims',
    patches: [
      {
        file: FENCE,
        in: 'fencePartition',
        find: 'waitedMs > settleTimeoutMs',
        replace: 'waitedMs < 0',
      },
    ],
  },
  {
    name: 'settings-from-before-the-claim',
    what: 'folds by the settings history that it read before its claim',
    guarantee: 'G5',
    anomaly: 'rows_extra',
    why: 'what an owner in between has added to the history is missing, and its rows were made with that',
    family: 'settings',
    patches: [
      {
        file: CLAIMS,
        in: 'StreamClaims.claim',
        find: 'new StreamClaim(row, parts)',
        replace:
          'new StreamClaim({ ...row, history: rows.find(({ partition }) => partition === row.partition)!.history }, parts)',
      },
    ],
  },
  {
    name: 'log-unchecked-at-a-takeover',
    what: 'begins to fold without comparing the log with what was folded before',
    guarantee: 'G5',
    anomaly: 'columns_differ',
    why: 'a topic that was made anew while nobody ran is taken for the old one',
    family: 'cut-logs',
    patches: [
      {
        file: CURSOR,
        in: 'LogCursor.#connect',
        find: 'await this.#startVerifying(why, answer)',
        replace: "why !== 'start' && (await this.#startVerifying(why, answer))",
      },
    ],
  },
  {
    name: 'log-unchecked-while-running',
    what: 'compares the log with what was folded at a takeover, and never again',
    guarantee: 'G5',
    anomaly: 'columns_differ',
    why: 'a topic that is made anew beside a running processor is taken for the old one',
    family: 'made-anew',
    patches: [
      {
        file: CURSOR,
        in: 'LogCursor.#connect',
        find: 'await this.#startVerifying(why, answer)',
        replace: "why === 'start' && (await this.#startVerifying(why, answer))",
      },
      {
        file: CURSOR,
        in: 'LogCursor.#connect',
        find: "await this.#startVerifying('delivery below our place')",
        replace: 'false',
      },
    ],
  },
  {
    name: 'log-may-end-early',
    what: 'takes a log that ends below its place for one whose records are only late',
    guarantee: 'G5',
    anomaly: 'columns_differ',
    why: 'a log that was cut and filled again continues with other records in the place of those it folded',
    family: 'made-anew',
    patches: [
      { file: CURSOR, in: 'LogCursor.#checkPlace', find: 'endOffset >= reached', replace: 'true' },
      {
        file: CURSOR,
        in: 'LogCursor.#startVerifying',
        find: 'const { startOffset } = await this.#checkPlace();',
        replace: 'const { startOffset, endOffset } = await this.#checkPlace();',
      },
      {
        file: CURSOR,
        in: 'LogCursor.#startVerifying',
        find: 'startOffset > offset',
        replace: 'startOffset > offset || endOffset <= offset',
      },
      // Protected twice: what comes from below its place makes the cursor look again, too.
      {
        file: CURSOR,
        in: 'LogCursor.#connect',
        find: "await this.#startVerifying('delivery below our place')",
        replace: 'false',
      },
    ],
  },
  {
    name: 'last-record-must-be-there',
    what: 'takes it for a gap that retention has removed the last record it folded',
    guarantee: 'liveness',
    anomaly: 'stopped:retention_gap',
    why: 'that record is in the tables, and everything after it is in the log',
    family: 'expiries',
    patches: [
      {
        file: CURSOR,
        in: 'LogCursor.#startVerifying',
        find: 'if (startOffset > offset) $GOES_ON;',
        replace: 'if (startOffset > offset) throw this.#retentionGap(startOffset);',
      },
    ],
  },
  {
    name: 'left-over-rows-unnoticed',
    what: 'begins to write although rows are there that the log did not yield',
    guarantee: 'G1',
    anomaly: 'in_both_tables',
    why: 'rows of the log that was there before stay, and the next checkpoint says that all is right below it',
    family: 'made-anew',
    patches: [
      {
        file: 'src/processor/run/partition-run.ts',
        in: 'PartitionRun.#noteReplay',
        find: 'if (left !== undefined) $STOP;',
        replace: '',
      },
    ],
  },
  {
    name: 'reads-from-the-group-offset',
    what: 'reads a partition that a rebalance left where it was from the committed offset again, as a plain consumer does',
    guarantee: 'G1',
    anomaly: 'row_twice',
    why: 'what was folded since the last commit is folded a second time',
    family: 'swarm',
    patches: [
      {
        file: CURSOR,
        in: 'LogCursor.#advance',
        atStart: 'if (answer.askedFrom < this.#expected && this.#verified) this.#expected = answer.askedFrom;',
      },
      {
        file: 'src/payments/fold.ts',
        in: 'PartitionFold.skipTo',
        find: 'if (offset < this.#nextOffset) $STOP;',
        replace: '',
      },
    ],
  },
  {
    name: 'keeps-refused-streams',
    what: 'stays with a partition whose streams take no more rows, instead of claiming it again',
    guarantee: 'liveness',
    anomaly: 'stuck',
    why: 'nobody else claims it while it is assigned here, and nothing more is written',
    family: 'swarm',
    patches: [
      {
        file: SUPERVISOR,
        in: 'PartitionSupervisor.#waitFenced',
        find: 'await runtime.sleep(retryInMs, signal);',
        replace: 'await orAborted(new Promise<void>(() => {}), signal);',
      },
    ],
  },
  {
    name: 'rows-of-lost-streams-show-late',
    what: 'is a sink whose streams are forgotten before the rows in them can be seen (the sink, not the processor)',
    guarantee: 'G1',
    anomaly: 'row_twice',
    why: 'no stream says how many rows there are, and those that do not show yet are written again',
    family: 'lost-streams',
    patches: [
      {
        file: 'src/lab/sim/bigquery/sim-tables.ts',
        in: 'SimTables.loseStreams',
        find: 'if (stream.visibleAtMs <= nowMs) continue;',
        replace: 'if (stream.visibleAtMs >= 0) continue;',
      },
    ],
  },
];
