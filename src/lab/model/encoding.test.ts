import { expect, test } from 'vitest';
import { modelConfig } from './config.ts';
import { StateEncoder } from './encoding.ts';
import { createModel } from './model.ts';
import { initialState, protocolSystem, successors } from './protocol-system.ts';
import { search } from './search/search.ts';
import type { State } from './state.ts';

const model = createModel(
  modelConfig('AB,A', { crashes: 1, settings: true, logFaults: 1, lag: true, stateLimit: 5000 }),
);

test('a key decodes to a state that has this key again', () => {
  const system = protocolSystem(model);
  const { keys } = search(system);
  for (const key of keys) expect(system.encode(system.decode(key))).toEqual({ key, swapped: 0 });
});

test('states with P and Q swapped have one key, and the swap is reported', () => {
  const encoder = new StateEncoder(model);
  const byP: State[] = [];
  const byQ: State[] = [];
  successors(model, initialState(model), (actor, _label, next) => {
    if (actor === 0) byP.push(next);
    if (actor === 1) byQ.push(next);
  });
  expect(byP.length).toBeGreaterThan(0);
  byP.forEach((state, index) => {
    const [first, second] = [encoder.encode(state), encoder.encode(byQ[index]!)];
    expect(first.key).toBe(second.key);
    expect(first.swapped).not.toBe(second.swapped);
  });
});

test('statements on their way: their order, copies, and those that can never be applied do not make a new state', () => {
  const encoder = new StateEncoder(model);
  const state = initialState(model);
  const claim = (sender: 0 | 1, expected: number) =>
    ({ kind: 'claim', sender, expected, older: [], lost: false }) as const;
  const key = (updates: State['updates']) => encoder.encode({ ...state, updates }).key;
  expect(key([claim(0, 0), claim(1, 0)])).toBe(key([claim(1, 0), claim(0, 0), claim(0, 0), claim(0, 7)]));
  expect(key([claim(0, 0)])).not.toBe(key([claim(1, 0)]));
  expect(key([claim(0, 7)])).toBe(key([]));
});

test('more parts than a character can number stay apart', () => {
  const encoder = new StateEncoder(model);
  const state = initialState(model);
  const ownership = (epoch: number) => ({ ...state.ownership, epoch });
  const keys = new Set<string>();
  for (let epoch = 0; epoch < 70_000; epoch++) keys.add(encoder.encode({ ...state, ownership: ownership(epoch) }).key);
  expect(keys.size).toBe(70_000);
  const last = [...keys].at(-1)!;
  expect(encoder.decode(last).ownership.epoch).toBe(69_999);
});
