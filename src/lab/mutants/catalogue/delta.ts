/** Bugs of the sink on Delta Lake: rules of its protocol left out (src/lab/model/delta/variants.ts), and what other writers got wrong. */
import type { Mutant } from '../mutant.ts';

const COMMITTER = 'src/sinks/delta/write/table-committer.ts';
const WRITER = 'src/sinks/delta/write/partition-writer.ts';
const LANE = 'src/sinks/delta/write/lane.ts';
const CHECKPOINTS = 'src/sinks/delta/write/checkpoint-commits.ts';
const FENCES = 'src/sinks/delta/takeover/fences.ts';
const CLAIM = 'src/sinks/delta/takeover/delta-claim.ts';
const CLAIMS = 'src/sinks/delta/takeover/claims.ts';
const OWNERSHIP = 'src/sinks/delta/takeover/ownership-table.ts';
const REACHED = 'src/sinks/delta/takeover/reached-table.ts';
const LOG = 'src/sinks/delta/log/log-table.ts';

/** Commits of rows look at the position alone. */
const NO_EPOCH = {
  file: COMMITTER,
  in: 'OneCommit.settleIn',
  find: 'found.epoch === lane.place.epoch',
  replace: 'true',
} as const;

export const DELTA_MUTANTS: readonly Mutant[] = [
  {
    name: 'delta-no-fence',
    what: 'claims a partition and does not fence the data tables',
    guarantee: 'G5',
    anomaly: 'columns_differ',
    why: 'a commit of the owner before, made by its settings, lands behind the entry of the new one',
    family: 'delta-settings',
    patches: [
      NO_EPOCH,
      {
        file: FENCES,
        in: 'fence',
        find: 'positionIn(newest, ask).epoch < ask.epoch',
        replace: "table.name === 'checkpoint_log' && positionIn(newest, ask).epoch < ask.epoch",
      },
    ],
  },
  {
    name: 'delta-no-epoch',
    what: 'commits rows on condition of the position, and not of the epoch',
    guarantee: 'G5',
    anomaly: 'columns_differ',
    why: 'an owner that was fenced commits rows by its settings where the new one has not committed yet',
    family: 'delta-settings',
    patches: [NO_EPOCH],
  },
  {
    name: 'delta-position-before-fence',
    what: 'reads how far the tables are before it fences them',
    guarantee: 'liveness',
    anomaly: 'stuck',
    why: 'what lands before the fence is not known, and the first commit finds another position than it expects',
    family: 'delta-takeovers',
    patches: [
      {
        file: FENCES,
        in: 'fence',
        find: 'return asks.map((ask) => ({ position: positionIn(snapshot, ask), snapshot }))',
        replace: `return asks.map((ask) => ({ position: { ...positionIn(early!, ask), epoch: positionIn(snapshot, ask).epoch }, snapshot }))`,
      },
      { file: FENCES, in: 'fence', atStart: 'const early = await table.refresh();' },
    ],
  },
  {
    name: 'delta-no-position',
    what: 'commits rows on condition of the epoch, and not of the position',
    guarantee: 'G1',
    anomaly: 'row_twice',
    why: 'a commit whose answer was lost has landed, and is put again',
    family: 'delta-takeovers',
    patches: [
      { file: COMMITTER, in: 'OneCommit.settleIn', find: 'isOurs && found.next === from', replace: 'isOurs' },
      {
        file: COMMITTER,
        in: 'TableCommitter.#commit',
        find: 'commit.settleIn(snapshot)',
        replace: 'commit.landedIn(snapshot)',
      },
      {
        file: COMMITTER,
        in: 'OneCommit',
        atStart: 'landedIn(_snapshot: TableSnapshot): void { for (const part of this.#open) part.lane.landed(part); }',
      },
      // The same file twice is refused.
      {
        file: 'src/sinks/delta/write/commit-files.ts',
        in: 'CommitFiles.of',
        find: 'isSame && $IS_YOUNG',
        replace: 'false',
      },
    ],
  },
  {
    name: 'delta-checkpoint-before-data',
    what: 'says that rows are durable when they are handed over',
    guarantee: 'G1',
    anomaly: 'lost',
    why: 'a checkpoint is committed and the process dies before the rows below it are',
    family: 'delta-takeovers',
    patches: [
      {
        file: WRITER,
        in: 'DeltaPartitionWriter.append',
        find: 'return { byteLength, landed };',
        replace: 'landed.catch(() => {}); return { byteLength, landed: Promise.resolve() };',
      },
    ],
  },
  {
    name: 'delta-claim-without-condition',
    what: 'claims at any epoch that the row has',
    guarantee: 'G6',
    anomaly: 'epoch_unknown',
    why: 'a claim that was prepared on an older row sets the epoch back, below that of rows',
    family: 'delta-takeovers',
    patches: [
      {
        file: OWNERSHIP,
        in: 'OwnershipTable.claim',
        find: 'found.row.epoch !== expectedEpoch',
        replace: 'false',
      },
    ],
  },
  {
    name: 'delta-claim-taken-for-won',
    what: 'takes its claim for won without looking for its id',
    guarantee: 'liveness',
    anomaly: 'stopped:rows_lost',
    why: 'two processes write under one epoch, and one finds a position that it did not commit',
    family: 'delta-settings',
    patches: [
      {
        file: CLAIMS,
        in: 'claimRows',
        find: 'row?.claimId === claimId ? wonBy(row) : undefined',
        replace: 'row === undefined ? undefined : wonBy({ ...row, claimId })',
      },
    ],
  },
  {
    name: 'delta-history-from-before',
    what: 'uses the settings history from before its claim',
    guarantee: 'G5',
    anomaly: 'columns_differ',
    why: 'an entry that another owner added in between is not seen',
    family: 'delta-settings',
    patches: [
      {
        file: CLAIMS,
        in: 'claimRows',
        find: 'row?.claimId === claimId ? wonBy(row) : undefined',
        replace:
          'row?.claimId === claimId ? wonBy({ ...row, history: rows.find((one) => one.partition === partition)!.history }) : undefined',
      },
    ],
  },
  {
    name: 'delta-keeps-rows-of-a-fenced-partition',
    what: 'leaves the rows of a partition in the file when its position leaves the commit',
    guarantee: 'G5',
    anomaly: 'rows_extra',
    why: 'the new owner writes them too',
    family: 'delta-takeovers',
    patches: [
      {
        file: COMMITTER,
        in: 'OneCommit.prepare',
        find: 'await this.#files.of(parts)',
        replace: 'await this.#files.of([...parts, ...this.#lost.map(([part]) => part)])',
      },
    ],
  },
  {
    name: 'delta-keeps-position-of-a-fenced-partition',
    what: 'leaves the position of a partition in the commit when its rows leave the file',
    guarantee: 'G1',
    anomaly: 'lost',
    why: 'the new owner takes the rows for written',
    family: 'delta-takeovers',
    patches: [
      {
        file: COMMITTER,
        in: 'OneCommit.prepare',
        find: 'for (const { lane, to, print } of parts) setPosition(txns, lane.place, { next: to, print });',
        replace:
          'for (const { lane, to, print } of [...parts, ...this.#lost.map(([part]) => part)]) setPosition(txns, lane.place, { next: to, print });',
      },
    ],
  },
  {
    name: 'delta-cuts-a-record',
    what: 'commits the rows of a record in two commits',
    guarantee: 'liveness',
    anomaly: 'stopped:rows_differ',
    why: 'between them the last row that is there is not below the position, so another owner takes the log for another one',
    family: 'delta-takeovers',
    patches: [
      {
        file: LANE,
        in: 'Lane.add',
        find: 'piece.toOffset > piece.lastOffset',
        replace: 'true',
      },
      {
        file: LANE,
        in: 'Lane.take',
        find: 'this.#waiting.splice(0, this.#whole)',
        replace: 'this.#waiting.splice(0, 1)',
      },
      { file: LANE, in: 'Lane.take', find: 'this.#whole = 0', replace: 'this.#whole = this.#waiting.length' },
    ],
  },
  {
    name: 'delta-position-past-a-cut-record',
    what: 'commits the rows of a record in two commits, and the first says that the record is in',
    guarantee: 'liveness',
    anomaly: 'stopped:rows_differ',
    why: 'the last row that is there is not the last one of that record, so another owner takes the log for another one',
    family: 'delta-takeovers',
    patches: [
      {
        file: LANE,
        in: 'Lane.add',
        find: 'piece.toOffset > piece.lastOffset',
        replace: 'true',
      },
      {
        file: LANE,
        in: 'Lane.take',
        find: 'this.#waiting.splice(0, this.#whole)',
        replace: 'this.#waiting.splice(0, 1)',
      },
      { file: LANE, in: 'Lane.take', find: 'this.#whole = 0', replace: 'this.#whole = this.#waiting.length' },
      {
        file: LANE,
        in: 'Lane.take',
        find: 'to: last.toOffset',
        replace: 'to: Math.max(last.toOffset, last.lastOffset + 1)',
      },
    ],
  },
  {
    name: 'delta-freed-version-is-a-commit',
    what: 'believes that a put which was answered "created" is in the log',
    guarantee: 'liveness',
    anomaly: 'stopped:rows_lost',
    why: 'clean-up had freed the name, and the rows are in no table: a takeover finds it less far than a checkpoint remembers',
    family: 'delta-cleanup',
    patches: [
      {
        file: LOG,
        in: 'DeltaLogTable.#put',
        find: 'await this.#reader.holds(last)',
        replace: 'true',
      },
    ],
  },
  {
    name: 'delta-exists-is-ours',
    what: 'takes "exists" for its own commit that had landed',
    guarantee: 'G5',
    anomaly: 'rows_missing',
    why: 'another commit has the version, and the rows are in no table',
    family: 'delta-takeovers',
    patches: [
      {
        file: LOG,
        in: 'DeltaLogTable.#put',
        find: "outcome === 'created'",
        replace: "outcome === 'created' || outcome === 'exists'",
      },
    ],
  },
  {
    name: 'delta-unknown-is-landed',
    what: 'takes a put without an answer for one that landed',
    guarantee: 'G1',
    anomaly: 'lost',
    why: 'it never landed, and a checkpoint follows',
    family: 'delta-takeovers',
    patches: [
      {
        file: LOG,
        in: 'DeltaLogTable.#put',
        find: "outcome === 'created'",
        replace: "outcome === 'created' || outcome instanceof UnknownOutcomeError",
      },
    ],
  },
  {
    name: 'delta-blind-retry',
    what: 'puts the same commit at the next version when another one has taken its version',
    guarantee: 'G5',
    anomaly: 'rows_extra',
    why: 'the commit that took it may be a fence, or an earlier put of this one',
    family: 'delta-takeovers',
    patches: [
      {
        file: LOG,
        in: 'DeltaLogTable.#commit',
        find: 'const actions = await prepare(state)',
        replace: "const actions = once ?? (await prepare(state)); if (actions?.operation === 'WRITE') once = actions",
      },
      { file: LOG, in: 'DeltaLogTable.#commit', atStart: 'let once: CommitActions | undefined;' },
    ],
  },
  {
    name: 'delta-log-checkpoint-forgets',
    what: 'writes log checkpoints without the positions',
    guarantee: 'liveness',
    anomaly: 'stopped:rows_lost',
    why: 'a process that opens the table from it finds a position below what the checkpoint remembers',
    family: 'delta-cleanup',
    patches: [
      {
        file: 'src/sinks/delta/log/checkpoint/checkpoint-rows.ts',
        in: 'checkpointRows',
        find: 'for (const [appId, version] of state.txns) rows.push({ txn: { appId, version } });',
        replace: '',
      },
    ],
  },
  {
    name: 'delta-print-unchecked',
    what: 'does not compare the last row that is there with the one that the fold yields',
    guarantee: 'G5',
    anomaly: 'columns_differ',
    why: 'the log was made anew, and rows of the old one are taken for rows of the new one',
    family: 'delta-made-anew',
    patches: [{ file: REACHED, in: 'ReachedByPosition', find: 'this.#print === 0', replace: 'true' }],
  },
  {
    name: 'delta-checkpoints-go-back',
    what: 'commits a checkpoint that is not past the newest one',
    guarantee: 'G6',
    anomaly: 'checkpoint_twice',
    why: 'a commit whose answer was lost is put again',
    family: 'delta-takeovers',
    patches: [{ file: CHECKPOINTS, in: 'settle', find: 'found.next >= ask.nextOffset', replace: 'false' }],
  },
  {
    name: 'delta-forgotten-positions-unnoticed',
    what: 'does not compare positions with those that the checkpoint remembers',
    guarantee: 'G1',
    anomaly: 'row_twice',
    why: 'a log checkpoint of another engine left the positions out, and all rows seem to be missing',
    family: 'delta-forgotten',
    patches: [
      { file: CLAIM, in: 'requireNothingForgotten', find: 'next < remembered', replace: 'false' },
      { file: CLAIM, in: 'requireNoSilentRows', find: 'fenced[name].position.next === 0', replace: 'false' },
    ],
  },
];
