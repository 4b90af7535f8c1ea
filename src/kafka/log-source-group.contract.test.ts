/** The group distributes the work, moves as little as possible, and never disturbs reading. */
import { expect, test } from 'vitest';
import { OwnershipLostError } from '../base/errors.ts';
import { systemRuntime } from '../base/system-runtime.ts';
import { createKafka } from './client/connection-options.ts';
import type { MemberNotes } from './group/group-member.ts';
import { KafkaAdmin } from './kafka-admin.ts';
import { connection, newTopic, produce } from './testing/broker.ts';
import { FlakyNetwork } from './testing/flaky-network.ts';
import { eventually, readOne, SourceProbe } from './testing/source-probe.ts';

class NotesInMemory implements MemberNotes {
  noted: string | undefined;

  constructor(noted?: string) {
    this.noted = noted;
  }

  read(): string | undefined {
    return this.noted;
  }

  write(_groupId: string, memberId: string): void {
    this.noted = memberId;
  }

  clear(): void {
    this.noted = undefined;
  }
}

function overlap(a: readonly number[], b: readonly number[]): number[] {
  return a.filter((partition) => b.includes(partition));
}

test('a member that was cut off for longer than its session comes back, and the partitions are shared again', async () => {
  const topic = await newTopic(4);
  await using network = await FlakyNetwork.start();
  await using stale = await SourceProbe.joined({
    topic,
    groupId: topic,
    connection: connection({ socketFactory: network.socketFactory }),
  });
  await using other = await SourceProbe.joined({ topic, groupId: topic });
  await eventually(() => stale.assigned.length === 2 && other.assigned.length === 2);
  network.cut();
  await eventually(() => other.assigned.length === 4);
  await stale.source.commit(stale.assigned[0] ?? 0, 1, 'from a stale member');
  expect(stale.commitFailures.length).toBe(1);
  // It cannot know that the other has them, and reports that it may.
  await eventually(() => stale.sessionsLost.length === 1);
  network.heal();
  // The member that was cut off believes in its partitions until it learns of the new assignment.
  await eventually(
    () =>
      stale.assigned.length === 2 &&
      other.assigned.length === 2 &&
      overlap(stale.assigned, other.assigned).length === 0,
  );
  expect([...stale.failures, ...other.failures]).toEqual([]);
  expect(stale.sessionsLost).toEqual([expect.toSatisfy((silentMs: number) => silentMs >= 6_000)]);
  expect(other.sessionsLost).toEqual([]);
});

test('a process that was killed is not waited for by the one that follows it in its place', async () => {
  const topic = await newTopic(4);
  await using network = await FlakyNetwork.start();
  const memberNotes = new NotesInMemory();
  const patient = { topic, groupId: topic, sessionTimeoutMs: 60_000, rebalanceTimeoutMs: 60_000 };
  const killed = await SourceProbe.joined({
    ...patient,
    memberNotes,
    connection: connection({ socketFactory: network.socketFactory }),
  });
  await using other = await SourceProbe.joined(patient);
  await eventually(() => killed.assigned.length === 2 && other.assigned.length === 2);
  const dead = memberNotes.noted;
  // What the broker sees of a kill -9 whose connection end does not arrive: silence.
  network.silence();
  const removed: string[] = [];
  await using successor = new SourceProbe({
    ...patient,
    memberNotes,
    onPredecessorRemoved: (memberId) => removed.push(memberId),
  });
  await successor.start();
  await eventually(() => successor.assigned.length === 2 && other.assigned.length === 2, 15_000);
  expect(overlap(successor.assigned, other.assigned)).toEqual([]);
  expect(removed).toEqual([dead]);
  expect(memberNotes.noted).not.toBe(dead);
  await successor.source.stop();
  expect(memberNotes.noted, 'who left needs no note').toBeUndefined();
  network.cut();
  await killed.source.stop();
});

test('without a note, a member whose client id is known to be dead is not waited for either', async () => {
  const topic = await newTopic(2);
  await using network = await FlakyNetwork.start();
  const patient = { topic, groupId: topic, sessionTimeoutMs: 60_000, rebalanceTimeoutMs: 60_000 };
  const { socketFactory } = network;
  const killed = await SourceProbe.joined({ ...patient, connection: connection({ socketFactory, clientId: 'dead' }) });
  network.silence();
  await using successor = new SourceProbe({ ...patient, isDeadClient: (clientId) => clientId === 'dead' });
  await successor.start();
  await eventually(() => successor.assigned.length === 2, 15_000);
  network.cut();
  await killed.source.stop();
});

test('a note of a member that left long ago changes nothing', async () => {
  const topic = await newTopic(2);
  const memberNotes = new NotesInMemory('never-a-member');
  await using probe = await SourceProbe.joined({ topic, groupId: topic, memberNotes });
  await eventually(() => probe.assigned.length === 2);
  expect([...probe.failures, ...probe.waits]).toEqual([]);
});

test('commits carry their metadata, and are refused harmlessly for a partition of another member', async () => {
  const topic = await newTopic(2);
  await using first = await SourceProbe.joined({ topic, groupId: topic });
  await using second = await SourceProbe.joined({ topic, groupId: topic });
  await eventually(() => first.assigned.length === 1 && second.assigned.length === 1);
  const own = first.assigned[0] ?? -1;
  await first.source.commit(own, 12, 'digest');
  await first.source.commit(1 - own, 99, 'not ours');
  await using admin = await KafkaAdmin.connect(connection());
  expect(await admin.committed(topic, topic)).toEqual(new Map([[own, { nextOffset: 12, metadata: 'digest' }]]));
  expect(first.commitFailures).toEqual([`partition ${1 - own} is not assigned to this member`]);
  await first.source.commit(own, 13, 'x'.repeat(5_000));
  expect(first.commitFailures.length).toBe(2);
  await first.source.commit(own, 14, '');
  expect((await admin.committed(topic, topic)).get(own)?.nextOffset).toBe(14);
});

test('commits in the middle of rebalances never end the membership', async () => {
  const topic = await newTopic(4);
  await produce(topic, 0, 10);
  await using steady = await SourceProbe.joined({ topic, groupId: topic });
  let isOver = false;
  let sent = 0;
  const committing = (async () => {
    while (!isOver) {
      await Promise.all([0, 1, 2, 3].map((partition) => steady.source.commit(partition, ++sent, 'm')));
      await systemRuntime.sleep(5);
    }
  })();
  for (let round = 0; round < 3; round += 1) {
    const guest = await SourceProbe.joined({ topic, groupId: topic });
    await eventually(() => guest.assigned.length === 2);
    await guest.source.stop();
  }
  await eventually(() => steady.assigned.length === 4);
  isOver = true;
  await committing;
  expect(steady.failures).toEqual([]);
  await steady.source.commit(2, 1_000_000, 'last');
  await using admin = await KafkaAdmin.connect(connection());
  expect((await admin.committed(topic, topic)).get(2)).toEqual({ nextOffset: 1_000_000, metadata: 'last' });
});

test('stopping during commits and reads is quick, and leaves no member behind', async () => {
  const topic = await newTopic(2);
  await produce(topic, 0, 10);
  const probe = await SourceProbe.joined({ topic, groupId: topic });
  const reader = probe.source.open(0, 10);
  const reading = expect(readOne(reader).then(() => readOne(reader))).rejects.toBeInstanceOf(OwnershipLostError);
  const commits = Array.from({ length: 20 }, (_, i) => probe.source.commit(i % 2, i, 'm'));
  const startedMs = systemRuntime.nowMs();
  await probe.source.stop();
  expect(systemRuntime.nowMs() - startedMs).toBeLessThan(5_000);
  await Promise.all([...commits, reading]);
  await expectNoMembers(topic);
});

test('stopping while still joining leaves no member behind', async () => {
  const topic = await newTopic(1);
  for (const afterMs of [0, 20, 60, 120]) {
    const probe = new SourceProbe({ topic, groupId: topic });
    await probe.start();
    await systemRuntime.sleep(afterMs);
    await probe.source.stop();
    await expectNoMembers(topic);
  }
});

test('partitions that are added are shared out', async () => {
  const topic = await newTopic(1);
  const admin = createKafka(connection()).admin();
  await using first = await SourceProbe.joined({ topic, groupId: topic });
  await admin.connect();
  await admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] });
  await admin.disconnect();
  // Any member that joins makes the leader assign again.
  await using second = await SourceProbe.joined({ topic, groupId: topic });
  await eventually(() => first.assigned.length + second.assigned.length === 3);
});

async function expectNoMembers(groupId: string): Promise<void> {
  const admin = createKafka(connection()).admin();
  await admin.connect();
  try {
    const { groups } = await admin.describeGroups([groupId]);
    expect(groups[0]?.members ?? []).toEqual([]);
  } finally {
    await admin.disconnect();
  }
}
