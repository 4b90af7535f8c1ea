/** Bugs around checkpoints: when they are written, what they say, and the state that is restored from them. */
import type { Mutant } from '../mutant.ts';

export const CHECKPOINT_MUTANTS: readonly Mutant[] = [
  {
    name: 'checkpoint-before-ack',
    what: 'writes the checkpoint as soon as the rows below it are sent',
    guarantee: 'G1',
    anomaly: 'lost',
    why: 'rows that did not arrive are below a checkpoint, and nobody looks there again',
    family: 'restarts',
    patches: [
      {
        file: 'src/processor/run/checkpointer.ts',
        in: 'Checkpointer.#write',
        find: 'await this.#options.durable();',
        replace: '',
      },
    ],
  },
  {
    name: 'checkpoint-below-f',
    what: 'writes checkpoints among rows of an earlier epoch, which its own streams do not count',
    guarantee: 'liveness',
    anomaly: 'stopped:row_counts_differ',
    why: 'the next takeover counts rows of streams that it no longer knows, and stops for nothing',
    family: 'takeovers',
    patches: [
      {
        file: 'src/processor/run/checkpointer.ts',
        in: 'Checkpointer.#write',
        find: '$NOTHING_NEW || fold.nextOffset < this.#options.notBelow',
        replace: '$NOTHING_NEW',
      },
    ],
  },
  {
    name: 'stop-without-flush',
    what: 'writes the last checkpoint of a graceful stop without handing over the rows folded since the last append',
    guarantee: 'G1',
    anomaly: 'lost',
    why: 'those rows are below the checkpoint and go down with the process',
    family: 'restarts',
    patches: [
      {
        file: 'src/processor/run/partition-run.ts',
        in: 'PartitionRun.#flush',
        atStart: 'if (this.#drain.signal.aborted) return;',
      },
    ],
  },
  {
    name: 'digest-unchecked',
    what: 'trusts the local state without comparing digests',
    guarantee: 'G2',
    anomaly: 'id_twice',
    why: 'a damaged state has forgotten ids, whose copies are then accepted',
    family: 'disks',
    patches: [
      {
        file: 'src/processor/takeover/restore.ts',
        in: 'restoreLocal',
        find: 'fold.head().digest !== stored.head.digest',
        replace: 'fold.nextOffset < 0',
      },
      {
        file: 'src/processor/takeover/restore.ts',
        in: 'digestMatches',
        find: 'fold.head().digest === checkpoint.stateDigest',
        replace: "checkpoint.stateDigest !== '' && fold.nextOffset >= 0",
      },
    ],
  },
  {
    name: 'rebuilds-nothing',
    what: 'starts with an empty state at the checkpoint where the local one is lost',
    guarantee: 'G2',
    anomaly: 'id_twice',
    why: 'the ids from before the loss are forgotten, and their copies are accepted',
    family: 'disks',
    patches: [
      {
        file: 'src/processor/takeover/restore.ts',
        in: 'rebuildFromSink',
        find: 'rebuild.add(rows);',
        replace: 'if (rows.length < 0) rebuild.add(rows);',
      },
      {
        file: 'src/processor/takeover/restore.ts',
        in: 'restoreFold',
        find: '!digestMatches(fold, checkpoint)',
        replace: 'fold.nextOffset < 0',
      },
    ],
  },
  {
    name: 'activity-not-restored',
    what: 'remembers ids over a restart, and not what senders were doing',
    guarantee: 'G4',
    anomaly: 'enrichment_differs',
    why: 'the counts of the last five minutes start again from nothing',
    family: 'restarts',
    patches: [
      {
        file: 'src/payments/fold.ts',
        in: 'PartitionFold.restoring',
        find: 'yield* inSteps(fold.#activity.restoreAll(activity));',
        replace: 'if (head.nextOffset < 0) yield* inSteps(fold.#activity.restoreAll(activity));',
      },
      {
        file: 'src/processor/takeover/restore.ts',
        in: 'restoreLocal',
        find: 'fold.head().digest !== stored.head.digest',
        replace: 'fold.nextOffset < 0',
      },
      {
        file: 'src/processor/takeover/restore.ts',
        in: 'digestMatches',
        find: 'fold.head().digest === checkpoint.stateDigest',
        replace: "checkpoint.stateDigest !== '' && fold.nextOffset >= 0",
      },
    ],
  },
  {
    name: 'state-taken-as-it-is',
    what: 'takes what stands in its local files for its own state: no checksums, no owner, no digests',
    guarantee: 'G2',
    anomaly: 'id_twice',
    why: 'a state that was damaged, or is that of another partition, does not know the ids of this one',
    family: 'disks',
    patches: [
      {
        file: 'src/processor/takeover/restore.ts',
        in: 'restoreLocal',
        find: 'fold.head().digest !== stored.head.digest',
        replace: 'fold.nextOffset < 0',
      },
      {
        file: 'src/processor/takeover/restore.ts',
        in: 'digestMatches',
        find: 'fold.head().digest === checkpoint.stateDigest',
        replace: "checkpoint.stateDigest !== '' && fold.nextOffset >= 0",
      },
      {
        file: 'src/local-state/seal.ts',
        world: 'real',
        in: 'sealHolds',
        find: 'value.readUInt32LE(0) === checksum(seed, key, value)',
        replace: 'checksum(seed, key, value) >= 0',
      },
      {
        file: 'src/local-state/journal-header.ts',
        world: 'real',
        in: 'decodeHeader',
        find: 'found.topic === identity.topic && found.partition === identity.partition',
        replace: 'found.topic === identity.topic',
      },
    ],
  },
  {
    name: 'stale-state-as-it-is',
    what: 'takes a local state that is behind the checkpoint as it is, without folding forward',
    guarantee: 'G2',
    anomaly: 'id_twice',
    why: 'the ids of the records in between are unknown, and their copies are accepted',
    family: 'disks',
    patches: [
      {
        file: 'src/processor/takeover/restore.ts',
        in: 'restoreLocal',
        find: 'await foldForward($$$ARGUMENTS);',
        replace: `fold.skipTo(checkpoint.nextOffset);
if (checkpoint !== undefined) return { fold, fromOffset };`,
      },
    ],
  },
];
