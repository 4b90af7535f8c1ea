/** Bugs in how the log is followed, and in which settings hold for which record. */
import type { Mutant } from '../mutant.ts';

const CURSOR = 'src/processor/run/log-cursor.ts';

export const LOG_MUTANTS: readonly Mutant[] = [
  {
    name: 'gap-accepted',
    what: 'continues at the start of the log where retention has overtaken it',
    guarantee: 'G6',
    anomaly: 'counters_differ_from_log',
    why: 'the records in between are jumped over without a word',
    family: 'cut-logs',
    patches: [
      {
        file: CURSOR,
        in: 'LogCursor.#checkPlace',
        find: 'if (startOffset > this.#expected) throw $GAP;',
        replace: 'if (startOffset > this.#expected) this.#expected = startOffset;',
      },
      {
        file: CURSOR,
        in: 'LogCursor.#advance',
        find: 'if (startOffset > expected) throw $GAP;',
        replace: 'if (startOffset > expected) this.#expected = startOffset;',
      },
    ],
  },
  {
    name: 'seeks-what-is-gone',
    what: 'still looks for the last record it folded after retention has taken it',
    guarantee: 'liveness',
    anomaly: 'stuck',
    why: 'the log answers at its start, which is past that record, and it seeks it again, for ever',
    family: 'expiries',
    patches: [{ file: CURSOR, in: 'LogCursor.#startVerifying', find: 'this.#verifying = false;', replace: '' }],
  },
  {
    name: 'stops-at-a-gap-below-c',
    what: 'takes records that retention took below the checkpoint for a gap, while it folds a stale local state forward',
    guarantee: 'liveness',
    anomaly: 'stopped:retention_gap',
    why: 'everything below the checkpoint is in the sink, and the state can be rebuilt from there',
    family: 'expiries',
    patches: [
      {
        file: 'src/processor/takeover/restore.ts',
        in: 'restoreLocal',
        find: '!(error instanceof ContradictionError && error.leavesWhatWasFolded)',
        replace: 'error !== undefined',
      },
    ],
  },
  {
    name: 'fingerprint-unchecked',
    what: 'does not look whether the last record it folded is still the same',
    guarantee: 'G5',
    anomaly: 'columns_differ',
    why: 'after the topic was made anew, records of another log are written as if they followed',
    family: 'cut-logs',
    patches: [{ file: CURSOR, in: 'LogCursor.#verify', find: 'found !== this.fingerprint()', replace: "found === ''" }],
  },
  {
    name: 'settings-not-recorded',
    what: 'folds with new settings without recording from which offset on they hold',
    guarantee: 'G5',
    anomaly: 'rows_extra',
    why: 'the rows are not those that the recorded settings give',
    family: 'settings',
    patches: [
      {
        file: 'src/processor/takeover/settings-entry.ts',
        in: 'settleSettings',
        find: 'await won.addEntry(entry);',
        replace: 'if (entry.fromOffset >= 0) return [...history, entry];',
      },
    ],
  },
  {
    name: 'settings-from-c',
    what: 'lets new settings hold from the checkpoint on, though rows past it are written already',
    guarantee: 'G5',
    anomaly: 'rows_extra',
    why: 'those rows were decided by the old settings, and the history says the new ones',
    family: 'settings',
    patches: [
      {
        file: 'src/processor/takeover/settings-entry.ts',
        in: 'settleSettings',
        find: 'nextEntry(partition, history, wanted, position.resumeOffset)',
        replace: 'nextEntry(partition, history, wanted, position.checkpointOffset)',
      },
    ],
  },
  {
    name: 'goes-on-when-superseded',
    what: 'takes a checkpoint that an owner after it made, with settings that it has not read',
    guarantee: 'liveness',
    anomaly: 'state_wrong',
    why: 'by its own settings the local state is not what that checkpoint says, so it is thrown away though nothing is wrong with it',
    family: 'superseded',
    patches: [
      {
        file: 'src/processor/takeover/checkpoint-mark.ts',
        in: 'requireItself',
        find: 'writerEpoch >= epoch',
        replace: 'writerEpoch < 0',
      },
    ],
  },
  {
    name: 'given-up-ignored',
    what: 'folds records that an operator gave up',
    guarantee: 'G1',
    anomaly: 'phantom',
    why: 'they have rows, and the ownership row says that nobody judged them',
    family: 'operators',
    patches: [
      {
        file: 'src/processor/partition-supervisor.ts',
        in: 'PartitionSupervisor.#holdOnce',
        find: 'skipped: won.ownership.skipped',
        replace: 'skipped: []',
      },
    ],
  },
  {
    name: 'given-up-below-f',
    what: 'gives up offsets that have rows already, past the checkpoint',
    guarantee: 'liveness',
    anomaly: 'stopped:rows_differ',
    why: 'the next owner finds rows that the log no longer yields',
    family: 'operators',
    patches: [
      {
        file: 'src/operations/skip.ts',
        in: 'checked',
        find: 'from < resumeOffset && !removesRows',
        replace: 'from < checkpointOffset',
      },
    ],
  },
  {
    name: 'rescale-carries-nothing',
    what: 'starts partitions of a topic that got more of them without what the others had accepted',
    guarantee: 'G2',
    anomaly: 'id_twice',
    why: 'the partition of a copy does not know the original, and accepts it',
    family: 'rescaled',
    patches: [
      {
        file: 'src/processor/takeover/restore.ts',
        in: 'carryInto',
        find: 'if (source.partition === partition) continue;',
        replace: 'if (source.partition >= 0) continue;',
      },
    ],
  },
  {
    name: 'rescale-without-floor',
    what: 'decides by its own watermark alone after the topic got more partitions',
    guarantee: 'G5',
    anomaly: 'rows_extra',
    why: 'payments that are late everywhere by now are accepted by a partition that was behind, or is new',
    family: 'rescaled',
    patches: [
      {
        file: 'src/payments/fold.ts',
        in: 'PartitionFold.#decidesFromMs',
        find: 'return Math.max(this.#watermarkMs, this.#floorMs);',
        replace: 'return this.#watermarkMs;',
      },
    ],
  },
];
