import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { DiskEffect } from '../../../../chaos/fault.ts';
import { emptyState } from '../../../local-state/testing/state-samples.ts';
import type { StateDelta, StoredState } from '../../../payments/types.ts';
import { elapse, exceptionRows, settled, tablePath } from '../testing.ts';
import { createWorld } from './create-world.ts';
import type { SimPorts } from './sim-process.ts';
import type { World } from './world.ts';

function setUp(seed = 1): { world: World; ports: SimPorts } {
  const world = createWorld({ seed, partitions: 1 });
  return { world, ports: world.process('p').boot() };
}

describe('a crash destroys', () => {
  it('its sleeps, reads and requests never settle, although the world continues', async () => {
    const { world, ports } = setUp();
    const settledAfter: string[] = [];
    const watch = (what: string, promise: Promise<unknown>): void => {
      const note = (): void => void settledAfter.push(what);
      promise.then(note, note);
    };
    const abort = new AbortController();
    const assigned = new Promise<readonly number[]>((resolve, failed) => {
      void ports.log.start({ assigned: resolve, failed });
    });
    expect(await settled(world, assigned)).toEqual([0]);
    watch('sleep', ports.runtime.sleep(100));
    watch('abortable sleep', ports.runtime.sleep(100, abort.signal));
    watch('read', ports.log.open(0, 0).read(abort.signal));
    watch('query', ports.queries.readOwnership('t'));
    watch('rpc', ports.rpc.createWriteStream(tablePath('payment_exceptions')));
    watch('load', ports.disk.load(0));
    ports.crash();
    abort.abort();
    watch('sleep after death', ports.runtime.sleep(1));
    watch('query after death', ports.queries.readOwnership('t'));
    watch('point after death', Promise.resolve(ports.pass('append.payment_transactions.before')));
    await elapse(world, 100_000);
    expect(settledAfter).toEqual([]);
  });

  it('what it asks for after its death has no effect; what it asked for before may', async () => {
    const { world, ports } = setUp();
    void ports.rpc.createWriteStream(tablePath('payment_exceptions'));
    ports.crash();
    void ports.rpc.createWriteStream(tablePath('payment_exceptions'));
    const call = ports.rpc.appendRows('s', { onAnswer: () => {}, onEnd: () => {} });
    call.write({ writeStream: 's', offset: 0, payload: exceptionRows([1]), withSchema: true });
    await elapse(world, 10_000);
    expect(world.bigquery.tables.streams.size).toBe(1);
    expect(world.bigquery.rows('payment_exceptions')).toEqual([]);
  });

  it('appends that had left it land or not, but never out of order', async () => {
    const counts = new Set<number>();
    for (let seed = 1; seed <= 40; seed++) {
      const { world, ports } = setUp(seed);
      const stream = await settled(world, ports.rpc.createWriteStream(tablePath('payment_exceptions')));
      const answers: unknown[] = [];
      const call = ports.rpc.appendRows(stream, {
        onAnswer: (answer) => answers.push(answer),
        onEnd: (error) => answers.push(error),
      });
      for (let i = 0; i < 3; i++) {
        call.write({ writeStream: stream, offset: i, payload: exceptionRows([i]), withSchema: i === 0 });
      }
      ports.crash();
      await elapse(world, 10_000);
      const landed = world.bigquery.rows('payment_exceptions').map(({ row }) => row.kafkaOffset);
      expect(landed).toEqual([0, 1, 2].slice(0, landed.length));
      expect(answers).toEqual([]);
      counts.add(landed.length);
    }
    expect([...counts].sort()).toEqual([0, 1, 2, 3]);
  });

  it('a restart is pending until the last of those that are planned has come', async () => {
    const world = createWorld({
      seed: 1,
      partitions: 1,
      faults: [
        { what: 'crash', process: 'p', restartAfterMs: 500, when: { atMs: 10 } },
        { what: 'crash', process: 'p', restartAfterMs: 1, when: { atMs: 11 } },
        { what: 'stop', process: 'p', restartAfterMs: 1, when: { atMs: 100 } },
      ],
    });
    const p = world.spawn('p', async ({ runtime, stopSignal }) => {
      await new Promise((resolve) => stopSignal.addEventListener('abort', resolve));
      await runtime.sleep(2_000);
    });
    await elapse(world, 1_000);
    expect([p.running, p.restartPending]).toEqual([true, true]);
    await elapse(world, 2_000);
    expect([p.running, p.restartPending, p.exits.length]).toEqual([true, false, 1]);
  });

  it('a planned crash strikes at the n-th passing of its point, and a new life follows', async () => {
    const world = createWorld({
      seed: 1,
      partitions: 1,
      faults: [{ what: 'crash', restartAfterMs: 1_000, when: { point: 'x', hit: 3, process: 'p' } }],
    });
    const passed: string[] = [];
    world.spawn('p', async (ports) => {
      for (let i = 1; i <= 5; i++) {
        await ports.pass('x');
        passed.push(`${ports.name}:${i}`);
      }
    });
    await elapse(world, 5_000);
    expect(passed).toEqual(['p.1:1', 'p.1:2', 'p.2:1', 'p.2:2', 'p.2:3', 'p.2:4', 'p.2:5']);
    expect(world.fired).toHaveLength(1);
  });
});

describe('damage to the local state with an end of a process', () => {
  it.each(['crash', 'stop'] as const)('%s: it comes between the two lives', async (what) => {
    const world = createWorld({
      seed: 1,
      partitions: 1,
      faults: [{ what, process: 'p', disk: 'lost', restartAfterMs: 1_000, when: { atMs: 500 } }],
    });
    const found: boolean[] = [];
    world.spawn('p', async ({ disk, runtime, stopSignal }) => {
      found.push((await disk.load(0)) !== undefined);
      await disk.replace(0, emptyState());
      await runtime.sleep(10_000, stopSignal).catch(() => {});
      if (stopSignal.aborted) found.push((await disk.load(0)) !== undefined);
    });
    await elapse(world, 5_000);
    expect(found).toEqual(what === 'crash' ? [false, false] : [false, true, false]);
  });
});

describe('a pause', () => {
  it('without an end lasts until the world heals', async () => {
    const faults = [{ what: 'pause', process: 'p', when: { atMs: 100 } }] as const;
    const world = createWorld({ seed: 1, partitions: 1, faults });
    let looked = 0;
    world.spawn('p', async ({ runtime }) => {
      for (; looked < 1_000; looked++) await runtime.sleep(50);
    });
    await elapse(world, 60_000);
    expect(looked).toBeLessThan(5);
    world.heal();
    await elapse(world, 1_000);
    expect(looked).toBeGreaterThan(10);
  });

  it('delays everything that comes to the process, keeps its order, and loses nothing', async () => {
    const { world, ports } = setUp();
    const seen: string[] = [];
    for (const ms of [10, 20, 30, 500]) void ports.runtime.sleep(ms).then(() => seen.push(`${ms}@${world.nowMs}`));
    ports.life.pause();
    await elapse(world, 200);
    expect(seen).toEqual([]);
    ports.life.resume();
    await elapse(world, 1_000);
    expect(seen).toEqual(['10@200', '20@200', '30@200', '500@500']);
  });

  it('at a named point holds the process there', async () => {
    const world = createWorld({
      seed: 1,
      partitions: 1,
      faults: [{ what: 'pause', forMs: 700, when: { point: 'x', hit: 2 } }],
    });
    const passedAtMs: number[] = [];
    world.spawn('p', async (ports) => {
      for (let i = 0; i < 3; i++) {
        await ports.pass('x');
        passedAtMs.push(world.nowMs);
      }
    });
    await elapse(world, 1_000);
    expect(passedAtMs).toEqual([0, 700, 700]);
  });

  it('does not stop what the process had sent', async () => {
    const { world, ports } = setUp();
    const created = ports.rpc.createWriteStream(tablePath('payment_exceptions'));
    ports.life.pause();
    await elapse(world, 1_000);
    expect(world.bigquery.tables.streams.size).toBe(1);
    ports.life.resume();
    expect(await settled(world, created)).toContain('/streams/');
  });
});

describe('the clock and chance of a process', () => {
  it('jumps when told to, without touching sleeps; ids are from the seed', async () => {
    const { world, ports } = setUp();
    const beforeMs = ports.runtime.nowMs();
    world.process('p').clockOffsetMs -= 60_000;
    await settled(world, ports.runtime.sleep(1_000));
    expect(ports.runtime.nowMs() - beforeMs).toBe(1_000 - 60_000);
    expect(ports.runtime.uuid()).toBe(setUp().ports.runtime.uuid());
    expect(ports.runtime.uuid()).not.toBe(setUp().ports.runtime.uuid());
  });

  it('a sleep that is aborted rejects with the reason, at once', async () => {
    const { world, ports } = setUp();
    const abort = new AbortController();
    const sleeping = settled(world, ports.runtime.sleep(60_000, abort.signal));
    world.after(5, () => abort.abort(new Error('enough')));
    await expect(sleeping).rejects.toThrow('enough');
    expect(world.nowMs).toBe(5);
  });
});

describe('a disk', () => {
  const head = (nextOffset: number) => ({
    nextOffset,
    watermarkMs: 0,
    counters: { consumed: nextOffset, accepted: nextOffset, duplicates: 0, late: 0, rejected: 0 },
    digest: `v1:${nextOffset}`,
  });
  const state = (nextOffset: number): StoredState => ({ head: head(nextOffset), ids: [], activity: [], windows: [] });
  const delta = (fromOffset: number, toOffset: number): StateDelta => ({
    fromOffset,
    head: head(toOffset),
    remembered: [
      {
        offset: fromOffset,
        transactionId: `t${fromOffset}`,
        eventTimeMs: fromOffset,
        hashHigh: 1,
        hashLow: 2,
        senderAccountId: 's',
        deviceId: 'd',
      },
    ],
    windows: [],
    idsLiveFromMs: 0,
    activityLiveFromMs: 0,
    windowsLiveFromMs: 0,
  });

  async function written(): Promise<{ world: World; reload: () => Promise<StoredState | undefined> }> {
    const world = createWorld({ seed: 3, partitions: 2 });
    const process = world.process('p');
    const { disk, crash } = process.boot();
    await settled(world, disk.replace(0, state(0)));
    for (let at = 0; at < 30; at += 10) await settled(world, disk.save(0, delta(at, at + 10)));
    await settled(world, disk.replace(1, state(7)));
    crash();
    return { world, reload: () => settled(world, process.boot().disk.load(0)) };
  }

  it('survives the crash of its process', async () => {
    const { reload } = await written();
    const stored = await reload();
    expect(stored?.head.nextOffset).toBe(30);
    expect(idsOf(stored)).toEqual(INTACT);
  });

  it('does not hold what its process did not live to see written', async () => {
    const world = createWorld({ seed: 1, partitions: 1 });
    const process = world.process('p');
    const { disk, crash } = process.boot();
    await settled(world, disk.replace(0, state(0)));
    void disk.save(0, delta(0, 10));
    crash();
    await elapse(world, 1_000);
    expect((await settled(world, process.boot().disk.load(0)))?.head.nextOffset).toBe(0);
  });

  it('discards what a delta does not follow on', async () => {
    const world = createWorld({ seed: 1, partitions: 1 });
    const { disk } = world.process('p').boot();
    await settled(world, disk.replace(0, state(0)));
    await settled(world, disk.save(0, delta(5, 10)));
    expect(await settled(world, disk.load(0))).toBeUndefined();
  });

  it.each<[DiskEffect, (stored: StoredState | undefined) => boolean]>([
    ['lost', (stored) => stored === undefined],
    ['stale', (stored) => stored !== undefined && stored.head.nextOffset < 30],
    ['foreign', (stored) => stored?.head.nextOffset === 7],
    ['corrupted', (stored) => stored?.head.nextOffset === 30 && !isDeepStrictEqual(idsOf(stored), INTACT)],
  ])('can be %s', async (effect, isSo) => {
    const { world, reload } = await written();
    world.process('p').disk.damage(effect, 0, world.context.rng);
    expect(isSo(await reload())).toBe(true);
  });

  const idsOf = (stored: StoredState | undefined) =>
    stored === undefined ? [] : [...stored.ids].map((id) => ({ ...id }));
  const INTACT = [0, 10, 20].flatMap((at) =>
    [...delta(at, at + 10).remembered].map(({ senderAccountId: _sender, deviceId: _device, ...id }) => id),
  );
});
