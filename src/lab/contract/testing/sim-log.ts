/** The simulated broker as the contract suite takes it: a world of its own for each test, each with another seed. */

import { CALM, type Noise } from '../../sim/case/noise.ts';
import { elapse, settled } from '../../sim/testing.ts';
import { EPOCH_MS } from '../../sim/world/context.ts';
import { createWorld } from '../../sim/world/create-world.ts';
import type { World } from '../../sim/world/world.ts';
import type { LogMember, LogUnderTest, MakeLog } from './log-under-test.ts';

/** Slow and uneven, in small answers: nothing that the contract does not allow. */
const UNEVEN: Noise = { ...CALM, latencyMsMax: 80, slowChance: 0.1, slowMsMax: 1_500, fetchRecordsMax: 7 };
const GROUP = 'provenonce';

export function simLogs(): MakeLog {
  let seed = 0;
  return async (partitions) => underTest(createWorld({ seed: ++seed, partitions, noise: seed % 2 ? UNEVEN : CALM }));
}

function underTest(world: World): LogUnderTest {
  const { kafka } = world;
  let processes = 0;
  const until: LogUnderTest['until'] = async (condition) => {
    const end = await world.run(condition);
    if (end !== 'done') throw new Error(`did not come: ${end} at ${world.nowMs} ms: ${condition}`);
  };
  const join = async (): Promise<LogMember> => {
    const { log } = world.process(`member-${++processes}`).boot();
    const assignments: (readonly number[])[] = [];
    const failures: Error[] = [];
    await settled(
      world,
      log.start({ assigned: (given) => assignments.push(given), failed: (error) => failures.push(error) }),
    );
    await until(() => assignments.length > 0);
    return {
      log,
      failures,
      get assigned() {
        return assignments.at(-1) ?? [];
      },
      get assignments() {
        return assignments.length;
      },
    };
  };
  const records = (values: readonly string[], timestampMs = EPOCH_MS + world.nowMs) =>
    values.map((value) => ({ timestampMs, key: Buffer.from('k'), value: Buffer.from(value) }));
  return {
    topic: kafka.topic,
    groupId: GROUP,
    join,
    async append(partition, values, timestampMs) {
      kafka.partition(partition).append(records(values, timestampMs));
    },
    async appendWithHeaders(partition, value, headers) {
      const sent = headers.map(([name, text]) => [name, Buffer.from(text)] as const);
      const timestampMs = EPOCH_MS + world.nowMs;
      const bytes = value === null ? null : Buffer.from(value);
      kafka.partition(partition).append([{ timestampMs, key: Buffer.from('k'), value: bytes, headers: sent }]);
    },
    async transaction(partition) {
      const log = kafka.partition(partition);
      return {
        send: async (values) => log.appendOpen(records(values)),
        commit: async () => log.endTransaction('commit', EPOCH_MS + world.nowMs),
        abort: async () => log.endTransaction('abort', EPOCH_MS + world.nowMs),
      };
    },
    async deleteBelow(partition, offset) {
      const log = kafka.partition(partition);
      log.dropFromStart(offset - log.startOffset);
    },
    async recreate(values) {
      for (const log of kafka.partitions) log.recreate();
      kafka.partition(0).append(records(values));
    },
    outage: () => kafka.partitions.forEach((log) => void log.loseLeader(Number.POSITIVE_INFINITY)),
    restore: () => kafka.partitions.forEach((log) => void log.heal()),
    committed: async () => new Map([...kafka.group(GROUP).committed].map(([p, { offset }]) => [p, offset])),
    resetGroup: async (to) => kafka.resetOffsets(to),
    async staleCommit() {
      const [stale, other] = [await join(), await join()];
      await until(() => stale.assigned.length + other.assigned.length === kafka.partitions.length);
      const [lost = -1] = other.assigned;
      await settled(world, stale.log.commit(lost, 17, ''));
      return kafka.group(GROUP).committed.get(lost)?.offset;
    },
    patience: () => new AbortController().signal,
    settle: (promise) => settled(world, promise),
    until,
    elapse: (ms) => elapse(world, ms),
    async [Symbol.asyncDispose]() {},
  };
}
