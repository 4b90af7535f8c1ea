/**
 * Takes members that are known to be dead out of their group, so that the group does not wait for their sessions to run out.
 *
 * Only after a successor has asked to join: a group that the last member leaves is empty, and the first to join an empty
 * group waits for group.initial.rebalance.delay.ms (3 s unless set otherwise). On connections of its own: a broker answers
 * a JoinGroup when the rebalance is over, and takes nothing else from that connection before.
 *
 * A member id is unique and given by the broker, so at worst a living member is made to join again: the sink decides who
 * may write, not the group.
 */
import type { Cluster } from 'kafkajs';
import type { Runtime } from '../../base/runtime.ts';
import { createKafka, type KafkaConnectionOptions } from '../client/connection-options.ts';
import { type GroupMemberName, groupState, leaveGroup, openCluster } from '../client/kafkajs-internals.ts';

const LOOK_EVERY_MS = 15;
/** A successor that has not asked by then has other troubles: the dead one leaves all the same. */
const LOOKS_MAX = 100;
const METADATA_MAX_AGE_MS = 30_000;

export interface DeadMembers {
  readonly connection: KafkaConnectionOptions;
  readonly groupId: string;
  readonly runtime: Runtime;
  isDead(member: GroupMemberName): boolean;
}

/** Ids of those that are out of it now. Rejects where the coordinator cannot be asked, or on an abort. */
export async function removeDeadMembers(dead: DeadMembers, signal: AbortSignal): Promise<string[]> {
  const cluster = openCluster(createKafka(dead.connection), METADATA_MAX_AGE_MS);
  try {
    await cluster.connect();
    const memberIds = await untilRebalancing(cluster, dead, signal);
    for (const memberId of memberIds) await leaveGroup(cluster, dead.groupId, memberId);
    return memberIds;
  } finally {
    await cluster.disconnect().catch(() => undefined);
  }
}

/** Those that are dead, once somebody has asked to join; at once where nobody is. */
async function untilRebalancing(cluster: Cluster, dead: DeadMembers, signal: AbortSignal): Promise<string[]> {
  for (let look = 0; ; look += 1) {
    const { state, members } = await groupState(cluster, dead.groupId);
    const memberIds = members.filter((member) => dead.isDead(member)).map(({ memberId }) => memberId);
    if (memberIds.length === 0 || state === 'PreparingRebalance' || look >= LOOKS_MAX) return memberIds;
    await dead.runtime.sleep(LOOK_EVERY_MS, signal);
  }
}
