/**
 * The designs that the implementation guide, and most pipelines like it, use for "exactly once": each is whole and does work
 * while nothing fails.
 */
import type { Mutant, Patch } from '../mutant.ts';

/** Both logs tell what the group has committed; the processor proper never asks. */
const COMMITTED_CAN_BE_READ: readonly Patch[] = [
  {
    file: 'src/lab/sim/kafka/sim-log-source.ts',
    world: 'sim',
    in: 'SimLogSource',
    atStart: `committed(partition: number): Promise<string | undefined> {
  return this.#ask('bounds', partition, () => this.#broker.group.committed.get(partition)?.metadata);
}`,
  },
  {
    file: 'src/kafka/kafka-log-source.ts',
    world: 'real',
    in: 'KafkaLogSource',
    atStart: `async committed(partition: number): Promise<string | undefined> {
  const { createKafka } = await import("./connection-options.ts");
  const admin = createKafka(this.#connectionOptions).admin();
  await admin.connect();
  try {
    const { groupId, topic } = this.#options;
    const [found] = await admin.fetchOffsets({ groupId, topics: [topic] });
    const place = found?.partitions.find((each) => each.partition === partition);
    return place === undefined || Number(place.offset) < 0 ? undefined : (place.metadata ?? undefined);
  } finally {
    await admin.disconnect();
  }
}`,
  },
];

/** The checkpoint travels in the commit's metadata; a process that is given a partition resumes there, and looks no further. */
const RESUMES_FROM_THE_COMMIT: readonly Patch[] = [
  ...COMMITTED_CAN_BE_READ,
  {
    file: 'src/processor/partition-supervisor.ts',
    in: 'PartitionSupervisor.#holdOnce',
    find: 'const finding = findPosition($$$ARGUMENTS);',
    replace: `const none = { next: 0, rows: 0, ask: () => 'missing', left: () => 0 };
const reached = { payment_transactions: none, payment_transactions_fraud: none, payment_metrics_partials: none, payment_exceptions: none };
const finding = log.committed(partition).then((metadata) => {
  const committed = metadata ? JSON.parse(metadata) : undefined;
  const at = committed?.nextOffset ?? won.ownership.startOffset;
  return { checkpoint: committed, checkpointOffset: at, resumeOffset: at, reached };
});`,
  },
  {
    file: 'src/sinks/bigquery/takeover/stream-claim.ts',
    in: 'StreamClaim.open',
    find: 'assert($$$ARGUMENTS);',
    replace: '',
  },
  {
    file: 'src/sinks/bigquery/takeover/stream-claim.ts',
    in: 'StreamClaim.open',
    find: 'const { checkpointOffset, rows } = this.#found;',
    replace: `const none = { payment_transactions: [], payment_transactions_fraud: [], payment_metrics_partials: [], payment_exceptions: [] };
const { checkpointOffset, rows } = { checkpointOffset: 0, rows: none };`,
  },
  {
    file: 'src/processor/run/checkpointer.ts',
    in: 'Checkpointer.#commit',
    find: 'log.commit(partition, nextOffset, $METADATA)',
    replace: 'log.commit(partition, nextOffset, JSON.stringify(arguments[1]))',
  },
];

export const GUIDE_MUTANTS: readonly Mutant[] = [
  {
    name: 'dedup-within-batch',
    what: 'deduplicates within a micro-batch only: a copy is recognized while its original is in the same batch',
    guarantee: 'G2',
    anomaly: 'id_twice',
    why: 'a copy that comes one batch later is accepted as a payment of its own',
    family: 'swarm',
    isGuideDesign: true,
    patches: [
      {
        file: 'src/payments/fold.ts',
        in: 'PartitionFold.#foldRead',
        find: 'known !== undefined && isKnownAt($$$ARGUMENTS)',
        replace: 'known !== undefined && known.offset >= this.#deltaFromOffset && isKnownAt($$$ARGUMENTS)',
      },
    ],
  },
  {
    name: 'commit-before-sink',
    what: 'commits the offset to Kafka before the rows are in the sink, and resumes from the committed offset',
    guarantee: 'G1',
    anomaly: 'lost',
    why: 'a crash between the two leaves records that nobody writes',
    family: 'restarts',
    isGuideDesign: true,
    patches: [
      ...RESUMES_FROM_THE_COMMIT,
      {
        file: 'src/processor/run/checkpointer.ts',
        in: 'Checkpointer.#write',
        find: 'await this.#options.durable();',
        replace: `await Promise.all([this.#commit(checkpoint.nextOffset, checkpoint), state.save(partition, delta)]);
await this.#options.durable();`,
      },
      {
        file: 'src/processor/run/checkpointer.ts',
        in: 'Checkpointer.#write',
        find: 'await Promise.all([this.#commit(checkpoint.nextOffset), state.save(partition, delta)]);',
        replace: '',
      },
    ],
  },
  {
    name: 'commit-after-sink',
    what: 'commits the offset to Kafka after the rows are in the sink, resumes from the committed offset, and fences nobody',
    guarantee: 'G1',
    anomaly: 'row_twice',
    why: 'rows that were written and not committed yet are written a second time by the next owner',
    family: 'restarts',
    isGuideDesign: true,
    patches: [
      ...RESUMES_FROM_THE_COMMIT,
      {
        file: 'src/processor/run/checkpointer.ts',
        in: 'Checkpointer.#write',
        find: 'await Promise.all([this.#commit(checkpoint.nextOffset), state.save(partition, delta)]);',
        replace: 'await Promise.all([this.#commit(checkpoint.nextOffset, checkpoint), state.save(partition, delta)]);',
      },
    ],
  },
  {
    name: 'state-ahead-of-sink',
    what: 'saves its local state before the rows are in the sink, and resumes from the local state',
    guarantee: 'G1',
    anomaly: 'lost',
    why: 'after a crash the state says that records are done whose rows were never written',
    family: 'restarts',
    isGuideDesign: true,
    patches: [
      {
        file: 'src/processor/run/checkpointer.ts',
        in: 'Checkpointer.#write',
        find: 'await this.#options.durable();',
        replace: `await state.save(partition, delta);
    await this.#options.durable();`,
      },
      {
        file: 'src/processor/run/checkpointer.ts',
        in: 'Checkpointer.#write',
        find: 'await Promise.all([this.#commit(checkpoint.nextOffset), state.save(partition, delta)]);',
        replace: 'await this.#commit(checkpoint.nextOffset);',
      },
      {
        file: 'src/processor/takeover/restore.ts',
        in: 'restoreLocal',
        find: 'if (fromOffset > checkpoint.nextOffset) $DISCARD;',
        replace: `if (fromOffset > checkpoint.nextOffset) {
  cursor.restartAt(fromOffset, null);
  return { fold: PartitionFold.fromStored({ ...foldPlaceOf(ownership, options), stored }), fromOffset };
}`,
      },
      {
        file: 'src/processor/run/partition-run.ts',
        in: 'PartitionRun.#tableWriters',
        find: 'there: position.reached',
        replace: `there: Object.fromEntries(
        Object.entries(position.reached).map(([table, { constructor, found }]) => [
          table,
          new constructor(table, found.filter(({ row }) => row.kafkaOffset >= this.#fold.nextOffset)),
        ]),
      ) as typeof position.reached`,
      },
    ],
  },
];
