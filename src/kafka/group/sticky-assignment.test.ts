import fc from 'fast-check';
import { AssignerProtocol, type Cluster } from 'kafkajs';
import { expect, test } from 'vitest';
import { decodeClaim, encodeClaim, stickyAssigner } from './sticky-assigner.ts';
import { assignSticky, type Member } from './sticky-assignment.ts';

const memberIds = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,4}$/), { minLength: 1, maxLength: 6 });
/** A group in which anybody may claim anything, partitions that do not exist included. */
const groups = fc
  .record({ ids: memberIds, partitionCount: fc.integer({ min: 0, max: 12 }) })
  .chain(({ ids, partitionCount }) =>
    fc.record({
      partitions: fc.constant(Array.from({ length: partitionCount }, (_, i) => i)),
      members: fc.tuple(
        ...ids.map((memberId) =>
          fc.record({
            memberId: fc.constant(memberId),
            owned: fc.array(fc.integer({ min: 0, max: 14 }), { maxLength: 8 }),
            generation: fc.integer({ min: -1, max: 4 }),
          }),
        ),
      ),
    }),
  );

test('every partition goes to exactly one member, and counts differ by at most one', () => {
  fc.assert(
    fc.property(groups, ({ members, partitions }) => {
      const assigned = assignSticky(members, partitions);
      expect([...assigned.values()].flat().sort((a, b) => a - b)).toEqual(partitions);
      const counts = members.map(({ memberId }) => assigned.get(memberId)?.length ?? -1);
      expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
    }),
  );
});

test('the order in which members and partitions come changes nothing', () => {
  fc.assert(
    fc.property(groups, fc.nat(), ({ members, partitions }, turn) => {
      const cut = turn % members.length;
      const turned = [...members.slice(cut), ...members.slice(0, cut)];
      expect(assignSticky(turned, partitions.toReversed())).toEqual(assignSticky(members, partitions));
    }),
  );
});

test('no more moves than balance asks for: members that come or go, and partitions that are added', () => {
  fc.assert(
    fc.property(memberIds, memberIds, fc.nat({ max: 12 }), fc.nat({ max: 4 }), (before, after, count, added) => {
      const first = assignSticky(claimless(before), range(count));
      const members = after.map((memberId) => ({ memberId, owned: first.get(memberId) ?? [], generation: 1 }));
      const second = assignSticky(members, range(count + added));
      const kept = members.reduce((sum, { memberId, owned }) => {
        return sum + owned.filter((partition) => second.get(memberId)?.includes(partition)).length;
      }, 0);
      expect(kept).toBe(mostThatCanStay(members, count + added));
    }),
  );
});

test('who joins again with what it had keeps it', () => {
  const first = assignSticky(claimless(['a', 'b', 'c']), range(7));
  const members = [...first].map(([memberId, owned]) => ({ memberId, owned, generation: 3 }));
  expect(assignSticky(members, range(7))).toEqual(first);
});

test('of two claims on a partition the one of the younger generation counts', () => {
  const members: Member[] = [
    { memberId: 'a-stale', owned: [0, 1], generation: 4 },
    { memberId: 'b', owned: [0, 1], generation: 5 },
  ];
  expect(assignSticky(members, range(4))).toEqual(
    new Map([
      ['b', [0, 1]],
      ['a-stale', [2, 3]],
    ]),
  );
});

test('no member, no assignment', () => {
  expect(assignSticky([], range(3))).toEqual(new Map());
});

test('claims survive the way over the group protocol; what is unreadable is no claim', () => {
  expect(decodeClaim(encodeClaim({ partitions: [3, 1], generation: 7 }))).toEqual({ owned: [3, 1], generation: 7 });
  for (const foreign of ['', 'null', '[]', '{"owned":"all","generation":1e99}', '\xff']) {
    expect(decodeClaim(Buffer.from(foreign)), foreign).toEqual({ owned: [], generation: -1 });
  }
});

/** The assigner of a process that works on these partitions of a topic of four. */
function assignerOf(partitions: readonly number[], generation = 1) {
  const found = Array.from({ length: 4 }, (_, partitionId) => ({ partitionId }));
  const cluster = { findTopicPartitionMetadata: () => found } as unknown as Cluster;
  return stickyAssigner('payments', { partitions, generation })({ cluster } as Parameters<
    ReturnType<typeof stickyAssigner>
  >[0]);
}

test('the leader gives each member its share in the words of the group protocol, and keeps what they work on', async () => {
  const joined = (memberId: string, owned: readonly number[]) => ({
    memberId,
    memberMetadata: assignerOf(owned).protocol({ topics: ['payments'] }).metadata,
  });
  const stranger = { memberId: 'c', memberMetadata: assignerOf([]).protocol({ topics: ['other'] }).metadata };
  const assigned = await assignerOf([]).assign({
    members: [joined('a', [3]), joined('b', [2, 0]), stranger],
    topics: ['payments'],
  });
  const shares = assigned.map(({ memberId, memberAssignment }) => [
    memberId,
    AssignerProtocol.MemberAssignment.decode(memberAssignment)?.assignment,
  ]);
  expect(shares).toEqual([
    ['a', { payments: [1, 3] }],
    ['b', { payments: [0, 2] }],
    ['c', {}],
  ]);
});

test('members of an earlier release and of this one are one group: name and version are those that it sends', () => {
  const { name, version, protocol } = assignerOf([2]);
  expect([name, version]).toEqual(['provenonce-sticky', 1]);
  const { metadata } = protocol({ topics: ['payments'] });
  const userData = Buffer.from('{"owned":[2],"generation":1}');
  expect(AssignerProtocol.MemberMetadata.decode(metadata)).toEqual({ version: 1, topics: ['payments'], userData });
});

function claimless(ids: readonly string[]): Member[] {
  return ids.map((memberId) => ({ memberId, owned: [], generation: -1 }));
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

/** By trying every way to give the larger shares. */
function mostThatCanStay(members: readonly Member[], count: number): number {
  const base = Math.floor(count / members.length);
  const larger = count - base * members.length;
  let most = 0;
  for (let choice = 0; choice < 2 ** members.length; choice += 1) {
    const isLarger = members.map((_, i) => (choice >> i) & 1);
    if (isLarger.reduce((sum, bit) => sum + bit, 0) !== larger) continue;
    const stay = members.reduce((sum, { owned }, i) => sum + Math.min(owned.length, base + (isLarger[i] ?? 0)), 0);
    most = Math.max(most, stay);
  }
  return most;
}
