/**
 * Removes members that are known to be dead from their group, so that the group does not wait for their sessions to
 * end.
 *
 * Only after a successor has asked to join: a group whose last member leaves is empty, and the first to join an empty
 * group waits for group.initial.rebalance.delay.ms (3 s by default). It uses its own connections: a broker answers a
 * JoinGroup when the rebalance is over, and accepts nothing else on that connection before.
 *
 * A member id is unique and given by the broker, so at worst a living member must join again: the sink decides who may
 * write, not the group.
 */
import type { Cluster } from 'kafkajs';
import type { Runtime } from '../../base/runtime.ts';
import { createKafka, type KafkaConnectionOptions } from '../client/connection-options.ts';
import { type GroupMemberName, groupState, leaveGroup, openCluster } from '../client/kafkajs-internals.ts';

const LOOK_EVERY_MS = 15;
/** If no successor has asked by then, something else is wrong: the dead member is removed anyway. */
const LOOKS_MAX = 100;
const METADATA_MAX_AGE_MS = 30_000;

export interface DeadMembers {
  readonly connection: KafkaConnectionOptions;
  readonly groupId: string;
  readonly runtime: Runtime;
  isDead(member: GroupMemberName): boolean;
}

/** Ids of the members that are removed now. Rejects if the coordinator cannot be reached, or on an abort. */
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

/** The dead members, once another has asked to join; at once if there are none. */
async function untilRebalancing(cluster: Cluster, dead: DeadMembers, signal: AbortSignal): Promise<string[]> {
  for (let look = 0; ; look += 1) {
    const { state, members } = await groupState(cluster, dead.groupId);
    const memberIds = members.filter((member) => dead.isDead(member)).map(({ memberId }) => memberId);
    if (memberIds.length === 0 || state === 'PreparingRebalance' || look >= LOOKS_MAX) return memberIds;
    await dead.runtime.sleep(LOOK_EVERY_MS, signal);
  }
}
