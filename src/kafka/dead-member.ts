/**
 * Takes a member that is known to be dead out of its group, so that the group does not wait for its session to run out.
 *
 * Only after a successor has asked to join: a group that the last member leaves is empty, and the first to join an empty
 * group waits for group.initial.rebalance.delay.ms (3 s unless set otherwise). On connections of its own: a broker answers
 * a JoinGroup when the rebalance is over, and takes nothing else from that connection before.
 *
 * A member id is unique and given by the broker, so at worst a living member is made to join again: the sink decides who
 * may write, not the group.
 */
import type { Cluster } from 'kafkajs';
import type { Runtime } from '../processor/ports.ts';
import { createKafka, type KafkaConnectionOptions } from './connection-options.ts';
import { groupState, leaveGroup, openCluster } from './kafkajs-internals.ts';

const LOOK_EVERY_MS = 15;
/** A successor that has not asked by then has other troubles: the dead one leaves all the same. */
const LOOKS_MAX = 100;
const METADATA_MAX_AGE_MS = 30_000;

export interface DeadMember {
  readonly connection: KafkaConnectionOptions;
  readonly groupId: string;
  readonly memberId: string;
  readonly runtime: Runtime;
}

/** Whether it was in the group and is out of it now. Rejects where the coordinator cannot be asked, or on an abort. */
export async function removeDeadMember(member: DeadMember, signal: AbortSignal): Promise<boolean> {
  const cluster = openCluster(createKafka(member.connection), METADATA_MAX_AGE_MS);
  try {
    await cluster.connect();
    if (!(await untilRebalancing(cluster, member, signal))) return false;
    await leaveGroup(cluster, member.groupId, member.memberId);
    return true;
  } finally {
    await cluster.disconnect().catch(() => undefined);
  }
}

/** False where the member is not in the group any more. */
async function untilRebalancing(
  cluster: Cluster,
  { groupId, memberId, runtime }: DeadMember,
  signal: AbortSignal,
): Promise<boolean> {
  for (let look = 0; look < LOOKS_MAX; look += 1) {
    const { state, memberIds } = await groupState(cluster, groupId);
    if (!memberIds.includes(memberId)) return false;
    if (state === 'PreparingRebalance') return true;
    await runtime.sleep(LOOK_EVERY_MS, signal);
  }
  return true;
}
