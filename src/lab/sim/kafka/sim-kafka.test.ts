import { describe, expect, it } from 'vitest';
import type { FetchAnswer, PartitionReader } from '../../../processor/ports.ts';
import { CALM } from '../case/noise.ts';
import { elapse, settled, someRecords } from '../testing.ts';
import { createWorld } from '../world/create-world.ts';
import type { SimPorts } from '../world/sim-process.ts';
import type { World, WorldOptions } from '../world/world.ts';
import { assign, SESSION_TIMEOUT_MS } from './consumer-group.ts';

interface Member {
  readonly ports: SimPorts;
  readonly assignments: (readonly number[])[];
}

async function join(world: World, ...names: string[]): Promise<Member[]> {
  const members = names.map((name): Member => ({ ports: world.process(name).boot(), assignments: [] }));
  for (const { ports, assignments } of members) {
    void ports.log.start({
      assigned: (partitions) => assignments.push(partitions),
      failed: (error) => {
        throw error;
      },
    });
  }
  await elapse(world, 5_000);
  return members;
}

const newWorld = (options: Partial<WorldOptions> = {}): World => createWorld({ seed: 1, partitions: 4, ...options });
const never = new AbortController().signal;
const read = (world: World, reader: PartitionReader): Promise<FetchAnswer> => settled(world, reader.read(never));
const offsets = ({ records }: FetchAnswer): number[] => records.map(({ offset }) => offset);

/** Reads until the answers are complete up to an offset. */
async function readTo(world: World, reader: PartitionReader, offset: number): Promise<FetchAnswer[]> {
  const answers: FetchAnswer[] = [];
  while ((answers.at(-1)?.completeTo ?? 0) < offset) answers.push(await read(world, reader));
  return answers;
}

describe('simulated Kafka: groups', () => {
  it('shares partitions out evenly, and again when a member leaves; who stays keeps what it had', async () => {
    const world = newWorld();
    const [a, b] = await join(world, 'a', 'b');
    const before = a!.assignments.at(-1)!;
    expect([...before, ...b!.assignments.at(-1)!].sort()).toEqual([0, 1, 2, 3]);
    expect(before).toHaveLength(2);
    await settled(world, b!.ports.log.stop());
    await elapse(world, 5_000);
    expect(a!.assignments.at(-1)).toEqual([0, 1, 2, 3]);
  });

  it('takes a crashed member out after its session, not before', async () => {
    const world = newWorld();
    const [a, b] = await join(world, 'a', 'b');
    const rebalances = a!.assignments.length;
    b!.ports.crash();
    await elapse(world, SESSION_TIMEOUT_MS / 2 - 100);
    expect(a!.assignments).toHaveLength(rebalances);
    await elapse(world, SESSION_TIMEOUT_MS + 5_000);
    expect(a!.assignments.at(-1)).toEqual([0, 1, 2, 3]);
  });

  it('a paused member loses its partitions without a word, and joins once more when it is back', async () => {
    const world = newWorld();
    const [a, b] = await join(world, 'a', 'b');
    const told = b!.assignments.length;
    b!.ports.life.pause();
    await elapse(world, 20_000);
    expect(a!.assignments.at(-1)).toEqual([0, 1, 2, 3]);
    expect(b!.assignments).toHaveLength(told);
    b!.ports.life.resume();
    await elapse(world, 10_000);
    expect(b!.assignments.at(-1)).toHaveLength(2);
    expect([...a!.assignments.at(-1)!, ...b!.assignments.at(-1)!].sort()).toEqual([0, 1, 2, 3]);
  });

  it('accepts the commit of a member for a partition that it has lost, as real brokers do', async () => {
    const world = newWorld();
    const [a] = await join(world, 'a');
    expect(a!.assignments.at(-1)).toEqual([0, 1, 2, 3]);
    const joined = join(world, 'b');
    await elapse(world, 5_000);
    const [b] = await joined;
    const lost = b!.assignments.at(-1)![0]!;
    expect(a!.assignments.at(-1)).not.toContain(lost);
    await settled(world, a!.ports.log.commit(lost, 17, 'stale'));
    expect(world.kafka.group('provenonce').committed.get(lost)).toEqual({ offset: 17, metadata: 'stale' });
  });

  it('refuses the commit of a member whose session is over', async () => {
    const world = newWorld();
    const [a] = await join(world, 'a');
    world.kafka.group('provenonce').expireLife(a!.ports.life);
    await expect(settled(world, a!.ports.log.commit(0, 1, ''))).rejects.toThrow('unknown_member');
  });

  it.each([
    [['a', 'b'], {}, 4, { a: [0, 2], b: [1, 3] }],
    [['a', 'b'], { a: [0, 1, 2, 3] }, 4, { a: [0, 1], b: [2, 3] }],
    [['b'], { a: [0, 1], b: [2, 3] }, 4, { b: [0, 1, 2, 3] }],
    [['a', 'b', 'c'], { a: [0, 1], b: [2, 3] }, 4, { a: [0, 1], b: [2], c: [3] }],
    [[], { a: [0] }, 4, {}],
  ] as const)('assigns %j, holding %j, of %d: %j', (members, held, count, expected) => {
    expect(Object.fromEntries(assign(members, new Map(Object.entries(held)), count))).toEqual(expected);
  });
});

describe('simulated Kafka: reading', () => {
  async function openAt(offset: number, options: Partial<WorldOptions> = {}) {
    const world = newWorld({ partitions: 1, ...options });
    const [a] = await join(world, 'a');
    return { world, log: world.kafka.partition(0), reader: a!.ports.log.open(0, offset), member: a! };
  }

  it('gives every record once and in order, in answers of any size', async () => {
    const { world, log, reader } = await openAt(0, { noise: { ...CALM, fetchRecordsMax: 7 } });
    log.append(someRecords(100));
    const answers = await readTo(world, reader, 100);
    expect(answers.flatMap(offsets)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    expect(new Set(answers.map(({ records }) => records.length)).size).toBeGreaterThan(3);
  });

  it('waits at the end of the log, and continues when there is more', async () => {
    const { world, log, reader } = await openAt(0);
    log.append(someRecords(2));
    await readTo(world, reader, 2);
    world.after(60_000, () => log.append(someRecords(1)));
    expect((await readTo(world, reader, 3)).flatMap(offsets)).toEqual([2]);
  });

  it('does not show an open transaction; aborted records and markers are offsets without a record', async () => {
    const { world, log, reader } = await openAt(0);
    log.append(someRecords(2));
    log.appendOpen(someRecords(2));
    log.append(someRecords(1));
    const first = await readTo(world, reader, 2);
    expect(first.at(-1)).toMatchObject({ completeTo: 2, endOffset: 2 });
    log.endTransaction('abort', 0);
    const rest = await readTo(world, reader, 6);
    expect(rest.flatMap(offsets)).toEqual([4]);
    expect(rest.at(-1)).toMatchObject({ completeTo: 6, endOffset: 6 });
  });

  it('a retention gap surfaces: the client continues at the start of the log, in a new session', async () => {
    const { world, log, reader } = await openAt(0);
    log.append(someRecords(30));
    const [first] = await readTo(world, reader, 1);
    reader.seek(2);
    log.dropFromStart(20);
    const answer = await read(world, reader);
    expect(answer.askedFrom).toBe(20);
    expect(answer.session).toBeGreaterThan(first!.session);
  });

  it('shows another log after the topic was made again', async () => {
    const { world, log, reader } = await openAt(0);
    log.append(someRecords(5));
    await readTo(world, reader, 5);
    log.recreate();
    log.append(someRecords(1));
    const answer = await read(world, reader);
    expect([answer.askedFrom, answer.endOffset]).toEqual([0, 1]);
  });

  it('may continue from the committed offset after a rejoin, in a new session', async () => {
    const { world, log, reader, member } = await openAt(0, { noise: { ...CALM, rejoinFromCommittedChance: 1 } });
    log.append(someRecords(10));
    const answers = await readTo(world, reader, 10);
    await settled(world, member.ports.log.commit(0, 4, ''));
    world.kafka.group('provenonce').rebalance('test');
    let again = await read(world, reader);
    // What was buffered before is still read first.
    while (again.askedFrom === 10) again = await read(world, reader);
    expect(again.askedFrom).toBe(4);
    expect(again.session).toBeGreaterThan(answers.at(-1)!.session);
  });

  it('may deliver copies below the position, and never skips a record because of them', async () => {
    const { world, log, reader } = await openAt(0, { noise: { ...CALM, redeliveryChance: 0.5, fetchRecordsMax: 5 } });
    log.append(someRecords(60));
    const seen = (await readTo(world, reader, 60)).flatMap(offsets);
    expect(new Set(seen).size).toBe(60);
    expect(seen.length).toBeGreaterThan(60);
  });

  it('drops what was on its way when it is sent elsewhere', async () => {
    const { world, log, reader } = await openAt(0);
    log.append(someRecords(50));
    await elapse(world, 2);
    reader.seek(40);
    expect((await read(world, reader)).askedFrom).toBe(40);
  });

  it('rejects a read that is aborted or closed, and waits otherwise', async () => {
    const { world, reader } = await openAt(0);
    await read(world, reader);
    const abort = new AbortController();
    const aborted = settled(world, reader.read(abort.signal));
    world.after(100, () => abort.abort(new Error('no more')));
    await expect(aborted).rejects.toThrow('no more');
    const closed = settled(world, reader.read(never));
    world.after(100, () => reader.close());
    await expect(closed).rejects.toThrow('closed');
  });

  it('waits for a leader, and gets the records then', async () => {
    const { world, log, reader } = await openAt(0, {
      faults: [{ what: 'leader_loss', forMs: 20_000, when: { atMs: 6_000 } }],
    });
    await elapse(world, 2_000);
    log.append(someRecords(3));
    await readTo(world, reader, 3);
    expect(world.nowMs).toBeGreaterThan(26_000);
  });
});
