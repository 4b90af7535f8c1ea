/**
 * Carries the sticky assignment over the group protocol: each member sends the partitions it works on as user data with
 * every join, and the leader decides. kafkajs rebalances eagerly, so only these claims keep partitions in place.
 */
import { AssignerProtocol, type PartitionAssigner } from 'kafkajs';
import { assignSticky, type Member } from './sticky-assignment.ts';

/** The partitions of this process; outlives the consumer, which is made anew after an outage. */
export interface OwnClaim {
  partitions: readonly number[];
  /** -1 until the first heartbeat after a join, when kafkajs reports it. */
  generation: number;
}

/** Members that run another version of it would be refused by the broker: INCONSISTENT_GROUP_PROTOCOL. */
const PROTOCOL_NAME = 'provenonce-sticky';
const VERSION = 1;

export function stickyAssigner(topic: string, claim: OwnClaim): PartitionAssigner {
  return ({ cluster }) => ({
    name: PROTOCOL_NAME,
    version: VERSION,
    protocol: ({ topics }) => ({
      name: PROTOCOL_NAME,
      metadata: AssignerProtocol.MemberMetadata.encode({ version: VERSION, topics, userData: encodeClaim(claim) }),
    }),
    assign: async ({ members }) => {
      const subscribed: Member[] = [];
      for (const { memberId, memberMetadata } of members) {
        const metadata = AssignerProtocol.MemberMetadata.decode(memberMetadata);
        if (metadata?.topics.includes(topic)) subscribed.push({ memberId, ...decodeClaim(metadata.userData) });
      }
      const partitions = cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId);
      const assigned = assignSticky(subscribed, partitions);
      return members.map(({ memberId }) => {
        const share = assigned.get(memberId) ?? [];
        const assignment = share.length === 0 ? {} : { [topic]: share };
        return {
          memberId,
          memberAssignment: AssignerProtocol.MemberAssignment.encode({
            version: VERSION,
            assignment,
            userData: Buffer.alloc(0),
          }),
        };
      });
    },
  });
}

export function encodeClaim({ partitions, generation }: OwnClaim): Buffer {
  return Buffer.from(JSON.stringify({ owned: partitions, generation }));
}

/** Data of another process is not trusted: unreadable data is no claim. */
export function decodeClaim(userData: Buffer): Pick<Member, 'owned' | 'generation'> {
  try {
    const { owned, generation } = JSON.parse(userData.toString()) as { owned: unknown; generation: unknown };
    return {
      owned: Array.isArray(owned) ? owned.filter((p) => Number.isSafeInteger(p)) : [],
      generation: typeof generation === 'number' && Number.isSafeInteger(generation) ? generation : -1,
    };
  } catch {
    return { owned: [], generation: -1 };
  }
}
