/**
 * Configurations of the real protocol. `small` is part of every test run; `large` takes minutes, and 1 GB.
 *
 * Where protocol_model.py, the reference in Python, can say the same, `reference` is what it found.
 */
import { type ModelConfig, modelConfig } from './config.ts';

export interface SuiteEntry {
  readonly config: ModelConfig;
  /** Result of protocol_model.py, and its arguments. */
  readonly reference?: { readonly command: string; readonly states: number; readonly finished: number };
}

const reference = (command: string, states: number, finished: number) => ({
  reference: { command: `python3 protocol_model.py ${command}`, states, finished },
});

export const SMALL_SUITE: readonly SuiteEntry[] = [
  {
    config: modelConfig('AB,AA', { crashes: 1, streamLosses: 1, claims: 1 }),
    ...reference('AB,AA 1 1 1', 1422, 120),
  },
  { config: modelConfig('AB,AA', { crashes: 1, streamLosses: 1 }), ...reference('AB,AA 1 1 2', 36745, 5536) },
  { config: modelConfig('A,AB', { crashes: 1, lag: true }), ...reference('A,AB 1 0 2 lag', 38883, 1991) },
  {
    config: modelConfig('A', { streamLosses: 1, lag: true, expire: true }),
    ...reference('A 0 1 2 lag expire', 8793, 1692),
  },
  {
    config: modelConfig('AB', { crashes: 1, streamLosses: 1, expire: true }),
    ...reference('AB 1 1 2 expire', 23893, 4378),
  },
  { config: modelConfig('A,B', { crashes: 1, settings: true }), ...reference('A,B 1 0 2 settings', 32483, 5680) },
  { config: modelConfig('A,-,AB', { crashes: 1 }), ...reference('A,-,AB 1 0 2', 21403, 2422) },
  { config: modelConfig('A', { crashes: 1, claims: 3 }), ...reference('A 1 0 3', 18288, 6120) },
  { config: modelConfig('AB,A', { crashes: 1, rebalances: 1 }) },
  { config: modelConfig('A', { claims: 3, rebalances: 1, streamLosses: 1 }) },
  { config: modelConfig('A,B', { logFaults: 1 }) },
  { config: modelConfig('A', { logFaults: 1, claims: 3 }) },
  { config: modelConfig('A,-', { logFaults: 1 }) },
  { config: modelConfig('AB', { logFaults: 1, lag: true, rewrittenShapes: ['B'] }) },
  { config: modelConfig('A', { logFaults: 1, settings: true }) },
  { config: modelConfig('A', { logFaults: 1, rebalances: 1, streamLosses: 1 }) },
];

export const LARGE_SUITE: readonly SuiteEntry[] = [
  {
    config: modelConfig('AB,A', { crashes: 1, streamLosses: 1, expire: true }),
    ...reference('AB,A 1 1 2 expire', 60816, 10372),
  },
  { config: modelConfig('A,A', { crashes: 1, claims: 3 }), ...reference('A,A 1 0 3', 60096, 16564) },
  { config: modelConfig('AB,AA', { crashes: 2, streamLosses: 1 }), ...reference('AB,AA 2 1 2', 72434, 10608) },
  {
    config: modelConfig('AB,AA', { crashes: 1, streamLosses: 1, settings: true }),
    ...reference('AB,AA 1 1 2 settings', 207102, 32376),
  },
  { config: modelConfig('AB,A', { crashes: 1, streamLosses: 1, claims: 3 }) },
  { config: modelConfig('AB,AA', { crashes: 1, streamLosses: 1, expire: true, lag: true }) },
  { config: modelConfig('AB,AA', { crashes: 1, streamLosses: 1, rebalances: 1, settings: true }) },
  { config: modelConfig('A', { logFaults: 1, rebalances: 1, streamLosses: 1, settings: true }) },
  { config: modelConfig('AB,A', { crashes: 1, logFaults: 1, rewrittenShapes: ['B', 'AB'] }) },
  { config: modelConfig('A,B,A', { crashes: 1, logFaults: 1 }) },
  { config: modelConfig('A,A', { crashes: 1, logFaults: 1, rebalances: 1, lag: true }) },
  { config: modelConfig('AB,AA', { crashes: 1, streamLosses: 1, claims: 3, settings: true }) },
];
