/** What the simulated object store promises, what an injected effect does to a request, and which commits are in a table. */
import { describe, expect, it } from 'vitest';
import { StoreRefusedError, UnknownOutcomeError } from '../../../sinks/delta/ports.ts';
import type { SimFault } from '../../fault.ts';
import type { AnswerEffect } from '../case/answers.ts';
import { elapse, settled } from '../testing.ts';
import { createWorld } from '../world/create-world.ts';
import { DeltaParts } from './delta-parts.ts';

const KEY = 'payment_transactions/_delta_log/00000000000000000000.json';
const commit = (version: number) => `payment_transactions/_delta_log/${String(version).padStart(20, '0')}.json`;
const bytes = (text: string) => Buffer.from(text);
const CREATED = bytes('{"metaData":{"id":"t","schemaString":"{}"}}\n');

function storeOf(faults: readonly SimFault[] = []) {
  const world = createWorld({ seed: 1, partitions: 1, faults, delta: new DeltaParts() });
  const process = world.process('a');
  const port = process.boot().store!;
  return { world, process, port, store: world.delta!.store };
}

function answered(effect: AnswerEffect, delayMs?: number): SimFault[] {
  const fault = { what: 'answer', effect, when: { point: 'put_data', hit: 1 } } as const;
  return [delayMs === undefined ? fault : { ...fault, delayMs }];
}

describe('the simulated object store', () => {
  it('lets one of two creates win, and shows the object to every read and listing from then on', async () => {
    const { world, port } = storeOf();
    const key = 't/one';
    const puts = ['first', 'second'].map((text) => port.create(key, bytes(text)));
    const answers = await settled(world, Promise.all(puts));
    expect(answers.toSorted()).toEqual(['created', 'exists']);
    const winner = answers[0] === 'created' ? 'first' : 'second';
    const [read, part] = await settled(world, Promise.all([port.get(key), port.get(key, { from: 1, to: 3 })]));
    expect([read, part].map((found) => Buffer.from(found!).toString())).toEqual([winner, winner.slice(1, 3)]);
    expect(await settled(world, port.get('payment_transactions/other'))).toBeUndefined();
  });

  it('lists in pages, ascending, from after a key', async () => {
    const { world, port } = storeOf();
    const keys = Array.from({ length: 40 }, (_, i) => `t/f${String(i).padStart(2, '0')}`);
    await settled(world, Promise.all(keys.map((key) => port.create(key, bytes(key)))));
    const listing = async () => {
      const found: string[] = [];
      for await (const page of port.list('t/', 't/f04')) for (const { key } of page) found.push(key);
      return found;
    };
    expect(await settled(world, listing())).toEqual(keys.slice(5));
    await settled(world, port.remove(['t/f05', 't/missing']));
    expect(await settled(world, listing())).toEqual(keys.slice(6));
  });

  it.each([
    ['lost_before', UnknownOutcomeError, false],
    ['lost_after', UnknownOutcomeError, true],
    ['unavailable', Error, false],
    ['refused', StoreRefusedError, false],
  ] as const)('%s: the caller sees an error, and the object is there or not', async (effect, error, isThere) => {
    const { world, port, store } = storeOf(answered(effect));
    const outcome = await settled(
      world,
      port.create(KEY, CREATED).catch((thrown: unknown) => thrown),
    );
    expect(outcome).toBeInstanceOf(error);
    expect(outcome instanceof UnknownOutcomeError).toBe(error === UnknownOutcomeError);
    expect(store.get(KEY) !== undefined).toBe(isThere);
  });

  it('lost_late: the answer is lost, and the object appears later, or finds its name taken', async () => {
    const { world, port, store } = storeOf(answered('lost_late', 60_000));
    await expect(settled(world, port.create(KEY, CREATED))).rejects.toBeInstanceOf(UnknownOutcomeError);
    expect(store.get(KEY)).toBeUndefined();
    await elapse(world, 61_000);
    expect(store.get(KEY)).toBeDefined();
    expect(world.context.marks.hits.get('put_landed_late')).toBe(1);
  });

  it('carries out what a process sent before it died, and nothing that it sends afterwards', async () => {
    const { world, process, port, store } = storeOf();
    void port.create(KEY, CREATED);
    process.crash();
    void port.create('t/after', bytes(''));
    await elapse(world, 1_000);
    expect(store.get(KEY)).toBeDefined();
    expect(store.get('t/after')).toBeUndefined();
    expect(world.context.marks.hits.get('put_landed_by_the_dead')).toBe(1);
  });

  it('answers nothing while it is away', async () => {
    const { world, port, store } = storeOf([{ what: 'store_down', forMs: 5_000, when: { atMs: 0 } }]);
    await elapse(world, 1);
    await expect(settled(world, port.create(KEY, CREATED))).rejects.toThrow('away');
    expect(store.get(KEY)).toBeUndefined();
    await elapse(world, 6_000);
    expect(await settled(world, port.create(KEY, CREATED))).toBe('created');
  });
});

describe('the tables of the simulated store', () => {
  it('follow their logs: files come and go, the newest txn counts', () => {
    const { store } = storeOf();
    store.create(KEY, CREATED);
    store.create(commit(1), bytes('{"add":{"path":"a%20b","dataChange":true}}\n{"txn":{"appId":"x","version":3}}\n'));
    store.create(
      commit(2),
      bytes('{"remove":{"path":"a%20b"}}\n{"add":{"path":"c"}}\n{"txn":{"appId":"x","version":4}}\n'),
    );
    const log = store.log('payment_transactions')!;
    expect([log.version, [...log.files], log.txns.get('x')]).toEqual([2, ['c'], 4]);
  });

  it('do not have what is put under a name that clean-up has freed', () => {
    const { world, store } = storeOf();
    store.create(KEY, CREATED);
    store.create(commit(1), bytes('{"add":{"path":"a"}}\n'));
    expect(world.delta!.otherEngine.cleanUp('payment_transactions', true, 0)).toBe(true);
    expect(store.get(KEY)).toBeUndefined();
    expect(store.create(KEY, bytes('{"add":{"path":"b"}}\n'))).toBe(true);
    expect([...store.log('payment_transactions')!.files]).toEqual(['a']);
    expect(world.context.marks.hits.get('put_under_freed_name')).toBe(1);
  });

  it('lose their positions in a log checkpoint that leaves them out', () => {
    const { world, store } = storeOf();
    store.create(KEY, CREATED);
    store.create(commit(1), bytes('{"txn":{"appId":"x","version":3}}\n'));
    world.delta!.otherEngine.cleanUp('payment_transactions', false, 0);
    const checkpoint = store.get(`${commit(1).slice(0, -'.json'.length)}.checkpoint.parquet`)!;
    expect(Buffer.from(checkpoint.bytes).toString()).toBe('{"metaData":{"id":"t","schemaString":"{}"}}\n');
  });
});
