/**
 * The only place that uses undocumented parts of kafkajs (2.2.4, pinned): a cluster handle without a group, a raw
 * Fetch, describing a group, and removing a dead member from it. kafkajs-internals.test.ts fails if these parts change.
 *
 * Why not its consumer's own fetching: it resets an out-of-range offset silently, fails the answers of all partitions
 * for the error or missing codec of one, hides the last stable offset, and lets aborted records through (it assumes
 * that the broker's list of aborted transactions is ordered by first offset, which is wrong, and that each transaction
 * has one record).
 */
import { createRequire } from 'node:module';
import type { Broker, Cluster, Kafka } from 'kafkajs';
import { type FetchResponse, parseFetchResponse } from '../fetch/fetch-response.ts';

const require = createRequire(import.meta.url);

/** What kafkajs's request encoders yield and its connections take. */
interface WireRequest {
  readonly apiKey: number;
  readonly apiVersion: number;
  readonly apiName: string;
  encode(): Promise<unknown>;
}

interface WireConnection {
  /** Replaced on every connect: another socket means a reconnect. */
  readonly socket: object | undefined;
  send(call: {
    request: WireRequest;
    response: { decode(payload: Buffer): Promise<FetchResponse>; parse(decoded: FetchResponse): FetchResponse };
    requestTimeout: number;
    logResponseError: boolean;
  }): Promise<FetchResponse>;
}

interface BrokerInternals {
  readonly versions: Readonly<Record<number, { readonly maxVersion: number } | undefined>>;
  readonly connectionPool: { getConnection(index: number): Promise<WireConnection> };
}

export interface FetchPartition {
  readonly partition: number;
  /** A decimal string, as kafkajs writes int64. */
  readonly fetchOffset: string;
  readonly maxBytes: number;
}

export interface RawFetch {
  readonly topics: readonly { readonly topic: string; readonly partitions: readonly FetchPartition[] }[];
  readonly maxWaitMs: number;
  readonly maxBytes: number;
}

type FetchEncoder = (request: {
  replicaId: number;
  maxWaitTime: number;
  minBytes: number;
  maxBytes: number;
  isolationLevel: number;
  topics: RawFetch['topics'];
}) => WireRequest;

const encodeFetch = require('kafkajs/src/protocol/requests/fetch/v11/request.js') as FetchEncoder;
const FETCH_API_KEY = 1;
const FETCH_VERSION = 11;
const READ_COMMITTED = 1;
/** The pool keeps two connections per broker; kafkajs sends Fetch on the second, so that long polls delay nothing else. */
const FETCH_CONNECTION = 1;
const NETWORK_DELAY_MS = 5_000;

/** A cluster handle: kafkajs hands one to every assigner factory; the consumer around it never connects or joins. */
export function openCluster(kafka: Kafka, metadataMaxAgeMs: number): Cluster {
  let handle: Cluster | undefined;
  kafka.consumer({
    groupId: 'provenonce-never-joined',
    metadataMaxAge: metadataMaxAgeMs,
    allowAutoTopicCreation: false,
    readUncommitted: false,
    partitionAssigners: [
      ({ cluster }) => {
        handle = cluster;
        return {
          name: 'none',
          version: 0,
          assign: async () => [],
          protocol: () => ({ name: 'none', metadata: Buffer.alloc(0) }),
        };
      },
    ],
  });
  if (handle === undefined) throw new Error('kafkajs did not hand its cluster to the assigner: is its version 2.2.4?');
  return handle;
}

/** One read-committed Fetch. `socket` identifies the connection that carried it. Rejects with kafkajs's errors. */
export async function sendFetch(broker: Broker, fetch: RawFetch): Promise<{ response: FetchResponse; socket: object }> {
  const { connectionPool, versions } = broker as unknown as BrokerInternals;
  if ((versions[FETCH_API_KEY]?.maxVersion ?? 0) < FETCH_VERSION) {
    throw new TypeError(`the broker is older than Kafka 2.3: it does not know Fetch version ${FETCH_VERSION}`);
  }
  const connection = await connectionPool.getConnection(FETCH_CONNECTION);
  const socket = connection.socket;
  const response = await connection.send({
    request: encodeFetch({
      replicaId: -1,
      maxWaitTime: fetch.maxWaitMs,
      minBytes: 1,
      maxBytes: fetch.maxBytes,
      isolationLevel: READ_COMMITTED,
      topics: fetch.topics,
    }),
    response: { decode: async (payload) => parseFetchResponse(payload), parse: (decoded) => decoded },
    requestTimeout: fetch.maxWaitMs + NETWORK_DELAY_MS,
    logResponseError: false,
  });
  return { response, socket: socket ?? connection };
}

/** Removes a member from its group; rejects if it is no longer in the group. */
export async function leaveGroup(cluster: Cluster, groupId: string, memberId: string): Promise<void> {
  await (await coordinatorOf(cluster, groupId)).leaveGroup({ groupId, memberId });
}

export interface GroupState {
  /** The broker's word: Empty, PreparingRebalance, CompletingRebalance, Stable, Dead. */
  readonly state: string;
  readonly members: readonly GroupMemberName[];
}

export interface GroupMemberName {
  readonly memberId: string;
  readonly clientId: string;
}

export async function groupState(cluster: Cluster, groupId: string): Promise<GroupState> {
  const coordinator = await coordinatorOf(cluster, groupId);
  const { groups } = await coordinator.describeGroups({ groupIds: [groupId] });
  const group = groups[0];
  return { state: group?.state ?? 'Dead', members: group?.members ?? [] };
}

interface Coordinator {
  leaveGroup(member: { groupId: string; memberId: string }): Promise<unknown>;
  describeGroups(question: { groupIds: string[] }): Promise<{
    groups: readonly GroupState[];
  }>;
}

async function coordinatorOf(cluster: Cluster, groupId: string): Promise<Coordinator> {
  return (await cluster.findGroupCoordinator({ groupId })) as unknown as Coordinator;
}
