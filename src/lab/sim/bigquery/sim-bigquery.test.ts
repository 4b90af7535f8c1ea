import { describe, expect, it } from 'vitest';
import { UnreachableError } from '../../../base/errors.ts';
import type { Seed } from '../../../processor/ports.ts';
import { type AppendAnswer, type AppendCall, GRPC_STATUS, RpcError } from '../../../sinks/bigquery/write/write-rpc.ts';
import type { SimFault } from '../../fault.ts';
import { CALM } from '../case/noise.ts';
import { elapse, exceptionRows, settled, tablePath } from '../testing.ts';
import { createWorld } from '../world/create-world.ts';
import type { SimPorts } from '../world/sim-process.ts';
import type { World, WorldOptions } from '../world/world.ts';

const SEED = {
  partition: 0,
  partitionCount: 1,
  startOffset: 0,
  fixed: { idHorizonMs: 0, windowMs: 60_000, activitySpanMs: 300_000, minEventTimeMs: 0 },
  history: [],
} satisfies Seed;

function setUp(options: Partial<WorldOptions> = {}): { world: World; ports: SimPorts } {
  const world = createWorld({ seed: 1, partitions: 1, ...options });
  return { world, ports: world.process('p').boot() };
}

/** One AppendRows call, with all answers and ends that it received. */
class Connection {
  readonly answers: AppendAnswer[] = [];
  readonly ends: (RpcError | undefined)[] = [];
  readonly call: AppendCall;
  readonly #stream: string;

  constructor(ports: SimPorts, stream: string) {
    this.#stream = stream;
    this.call = ports.rpc.appendRows(stream, {
      onAnswer: (answer) => this.answers.push(answer),
      onEnd: (error) => this.ends.push(error),
    });
  }

  send(offset: number, kafkaOffsets: readonly number[]): void {
    const payload = exceptionRows(kafkaOffsets);
    this.call.write({ writeStream: this.#stream, offset, payload, withSchema: true });
  }
}

const create = (world: World, ports: SimPorts): Promise<string> =>
  settled(world, ports.rpc.createWriteStream(tablePath('payment_exceptions')));
const landed = (world: World): number[] =>
  world.bigquery.tables.landed('payment_exceptions').map(({ row }) => row.kafkaOffset);
const answerFault = (point: string, effect: Extract<SimFault, { what: 'answer' }>['effect'], hit = 1): SimFault => ({
  what: 'answer',
  effect,
  delayMs: 5_000,
  when: { point, hit },
});

describe('simulated BigQuery: offsets', () => {
  it('acknowledges appends in order, at the offsets that follow one another', async () => {
    const { world, ports } = setUp();
    const connection = new Connection(ports, await create(world, ports));
    connection.send(0, [10, 11]);
    connection.send(2, [12]);
    await elapse(world, 1_000);
    expect(connection.answers.map(({ acknowledged, offset }) => [acknowledged, offset])).toEqual([
      [true, 0],
      [true, 2],
    ]);
    expect(landed(world)).toEqual([10, 11, 12]);
  });

  it('refuses an offset that is taken, with the words of the service, and one past the end; the call continues', async () => {
    const { world, ports } = setUp();
    const connection = new Connection(ports, await create(world, ports));
    connection.send(0, [10]);
    connection.send(0, [10]);
    connection.send(7, [17]);
    connection.send(1, [11]);
    await elapse(world, 1_000);
    const [first, taken, beyond, last] = connection.answers;
    expect([first?.acknowledged, last?.acknowledged]).toEqual([true, true]);
    expect(taken?.error?.code).toBe(GRPC_STATUS.ALREADY_EXISTS);
    expect(taken?.error?.message).toContain('within stream, expected offset 1, received 0');
    expect(beyond?.error?.code).toBe(GRPC_STATUS.OUT_OF_RANGE);
    expect(beyond?.error?.message).toContain('beyond stream, expected offset 1, received 7');
    expect(landed(world)).toEqual([10, 11]);
  });

  it('keeps what it was sent, regardless of later changes by the caller', async () => {
    const { world, ports } = setUp();
    const { rows, stamp } = exceptionRows([1]);
    const row = { ...(rows[0] as object), reason: 'no_value' };
    const encoded = ports.encoder.encode('payment_exceptions', [row as never], stamp);
    row.reason = 'changed';
    const stream = await create(world, ports);
    const call = ports.rpc.appendRows(stream, { onAnswer: () => {}, onEnd: () => {} });
    call.write({ writeStream: stream, offset: 0, payload: encoded.payload, withSchema: true });
    await elapse(world, 100);
    expect(world.bigquery.rows('payment_exceptions')[0]?.row.reason).toBe('no_value');
  });
});

describe('simulated BigQuery: finalize is a fence', () => {
  it.each([
    ['service', GRPC_STATUS.INVALID_ARGUMENT, 'STREAM_FINALIZED'],
    ['emulator', GRPC_STATUS.FAILED_PRECONDITION, undefined],
  ] as const)('nothing lands after it, in the words of the %s', async (dialect, code, storageErrorCode) => {
    const { world, ports } = setUp({ dialect });
    const stream = await create(world, ports);
    const connection = new Connection(ports, stream);
    connection.send(0, [1, 2]);
    await elapse(world, 100);
    expect(await settled(world, ports.rpc.finalizeWriteStream(stream))).toEqual({ rowCount: 2 });
    expect(await settled(world, ports.rpc.finalizeWriteStream(stream))).toEqual({ rowCount: 2 });
    connection.send(2, [3]);
    await elapse(world, 100);
    expect(connection.answers.at(-1)?.error).toMatchObject({ code, storageErrorCode });
    expect(landed(world)).toEqual([1, 2]);
  });

  it('counts exactly what landed, also when appends race with it', async () => {
    let raced = 0;
    for (let seed = 1; seed <= 40; seed++) {
      const { world, ports } = setUp({ seed });
      const stream = await create(world, ports);
      const connection = new Connection(ports, stream);
      for (let i = 0; i < 5; i++) connection.send(i, [i]);
      const { rowCount } = await settled(world, ports.rpc.finalizeWriteStream(stream));
      await elapse(world, 1_000);
      expect(landed(world)).toHaveLength(rowCount);
      if (rowCount > 0 && rowCount < 5) raced++;
    }
    expect(raced).toBeGreaterThan(5);
  });

  it('takes effect although its answer is lost', async () => {
    const { world, ports } = setUp({ faults: [answerFault('finalize', 'lost_after')] });
    const stream = await create(world, ports);
    await expect(settled(world, ports.rpc.finalizeWriteStream(stream))).rejects.toBeInstanceOf(RpcError);
    expect(world.bigquery.tables.streams.get(stream)?.status).toBe('finalized');
  });

  it('no longer knows a lost stream; its rows stay', async () => {
    const { world, ports } = setUp();
    const stream = await create(world, ports);
    const connection = new Connection(ports, stream);
    connection.send(0, [1]);
    await elapse(world, 100);
    world.bigquery.tables.loseStreams();
    await expect(settled(world, ports.rpc.finalizeWriteStream(stream))).rejects.toMatchObject({ code: 5 });
    connection.send(1, [2]);
    await elapse(world, 100);
    expect(connection.ends).toMatchObject([{ code: GRPC_STATUS.NOT_FOUND }]);
    expect(landed(world)).toEqual([1]);
  });
});

describe('simulated BigQuery: answers get lost', () => {
  it.each([
    ['lost_after', [1], 1],
    ['lost_before', [], 1],
    ['silent_after', [1, 2], 0],
    ['silent_before', [], 0],
  ] as const)('%s: rows %j land, the call ends %d times', async (effect, rows, ends) => {
    const { world, ports } = setUp({ faults: [answerFault('append', effect)] });
    const connection = new Connection(ports, await create(world, ports));
    connection.send(0, [1]);
    connection.send(1, [2]);
    await elapse(world, 1_000);
    expect(landed(world)).toEqual(rows);
    expect(connection.answers).toEqual([]);
    expect(connection.ends).toHaveLength(ends);
  });

  it('an internal error may hide an append that took effect', async () => {
    const { world, ports } = setUp({ faults: [answerFault('append', 'internal_after')] });
    const connection = new Connection(ports, await create(world, ports));
    connection.send(0, [1]);
    await elapse(world, 100);
    expect(connection.answers[0]?.error?.code).toBe(GRPC_STATUS.INTERNAL);
    expect(landed(world)).toEqual([1]);
  });

  it('after a cancel what was on its way lands in order, up to some point, and the client receives only the end', async () => {
    const prefixes = new Set<number>();
    for (let seed = 1; seed <= 40; seed++) {
      const { world, ports } = setUp({ seed });
      const connection = new Connection(ports, await create(world, ports));
      for (let i = 0; i < 3; i++) connection.send(i, [i]);
      connection.call.cancel();
      await elapse(world, 1_000);
      expect(landed(world)).toEqual([0, 1, 2].slice(0, landed(world).length));
      expect(connection.answers).toEqual([]);
      expect(connection.ends).toMatchObject([{ code: GRPC_STATUS.CANCELLED }]);
      prefixes.add(landed(world).length);
    }
    expect([...prefixes].sort()).toEqual([0, 1, 2, 3]);
  });

  it('ends a call in order after end(): the answers first, then an end without an error', async () => {
    const { world, ports } = setUp();
    const connection = new Connection(ports, await create(world, ports));
    connection.send(0, [1]);
    connection.call.end();
    await elapse(world, 1_000);
    expect(connection.answers).toHaveLength(1);
    expect(connection.ends).toEqual([undefined]);
  });
});

describe('simulated BigQuery: visibility', () => {
  it('shows landed rows at the latest when they are acknowledged', async () => {
    const noise = { ...CALM, visibilityLagChance: 1, visibilityLagMsMax: 5_000 };
    let lagged = 0;
    for (let seed = 1; seed <= 20; seed++) {
      const { world, ports } = setUp({ seed, noise });
      const connection = new Connection(ports, await create(world, ports));
      connection.send(0, [1]);
      await world.run(() => landed(world).length === 1);
      if (world.bigquery.tables.visible('payment_exceptions', 0, () => true).length === 0) lagged++;
      await world.run(() => connection.answers.length === 1);
      expect(world.bigquery.tables.visible('payment_exceptions', 0, () => true)).toHaveLength(1);
    }
    expect(lagged).toBeGreaterThan(10);
  });
});

describe('simulated BigQuery: ownership', () => {
  const claim = (claimId: string, expectedEpoch: number) => ({
    partition: 0,
    expectedEpoch,
    claimId,
    owner: claimId,
    streams: [],
  });

  it('lets one of two claims on the same epoch win, and says it in the row only', async () => {
    const { world, ports } = setUp();
    await settled(world, Promise.all([ports.queries.seed('t', [SEED]), ports.queries.seed('t', [SEED])]));
    await settled(
      world,
      Promise.all([ports.queries.claim('t', [claim('x', 0)]), ports.queries.claim('t', [claim('y', 0)])]),
    );
    const rows = await settled(world, ports.queries.readOwnership('t'));
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ epoch: 1, claimId: expect.stringMatching(/^[xy]$/) });
  });

  it('applies a claim late, and after the death of who sent it', async () => {
    const { world, ports } = setUp({ faults: [answerFault('claim', 'late')] });
    await settled(world, ports.queries.seed('t', [SEED]));
    void ports.queries.claim('t', [claim('x', 0)]);
    await elapse(world, 100);
    ports.crash();
    expect(world.bigquery.ownership.read('t')[0]?.epoch).toBe(0);
    await elapse(world, 6_000);
    expect(world.bigquery.ownership.read('t')[0]).toMatchObject({ epoch: 1, claimId: 'x' });
  });

  it('returns from a claim that was refused or cancelled without an effect now or later', async () => {
    const { world, ports } = setUp({ faults: [answerFault('claim', 'lost_before')] });
    await settled(world, ports.queries.seed('t', [SEED]));
    await settled(world, ports.queries.claim('t', [claim('x', 0)]));
    await elapse(world, 60_000);
    expect(world.bigquery.ownership.read('t')[0]?.epoch).toBe(0);
  });

  it('gives up as unreachable, leaving open whether the claim takes effect', async () => {
    const epochs = new Set<number | undefined>();
    for (let seed = 1; seed <= 10; seed++) {
      const { world, ports } = setUp({ seed, faults: [answerFault('claim', 'unreachable')] });
      await settled(world, ports.queries.seed('t', [SEED]));
      const claimed = settled(world, ports.queries.claim('t', [claim('x', 0)]));
      await expect(claimed).rejects.toBeInstanceOf(UnreachableError);
      await elapse(world, 10_000);
      epochs.add(world.bigquery.ownership.read('t')[0]?.epoch);
    }
    expect([...epochs].sort()).toEqual([0, 1]);
  });

  it('answers when the service is back, within its patience', async () => {
    const { world, ports } = setUp({ faults: [{ what: 'bigquery_down', forMs: 30_000, when: { atMs: 1 } }] });
    await elapse(world, 10);
    expect(await settled(world, ports.queries.readOwnership('t'))).toEqual([]);
    expect(world.nowMs).toBeGreaterThan(30_000);
  });
});
