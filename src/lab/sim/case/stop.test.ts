/** SIGTERM while a service is away: the process ends within its limit, in any state of its partitions. */
import { expect, it } from 'vitest';
import type { SimFault, SimFaultKind } from '../../fault.ts';
import { CALM } from './noise.ts';
import { runCaseInWorld } from './sim-case.ts';
import { DEFAULT_DIALS, drawWorkload } from './workload.ts';

const STOP_TIMEOUT_MS = 20_000;
const TOLD_AT_MS = 15_000;
const AWAY_MS = 400_000;

/** Virtual ms from the signal to the end. */
async function stopTook(seed: number, away: SimFaultKind): Promise<number> {
  const faults: SimFault[] = [
    { ...away, when: { point: 'append', hit: 1 } },
    { what: 'stop', process: 'a', when: { atMs: TOLD_AT_MS } },
  ];
  const { world } = await runCaseInWorld({
    seed,
    partitions: 2,
    processes: ['a'],
    workload: drawWorkload({ ...DEFAULT_DIALS, seed }),
    faults,
    noise: CALM,
    healAtMs: TOLD_AT_MS + AWAY_MS,
    // Few records here: as full as thousands make it under load.
    limits: { maxRowsInFlight: 8, stopTimeoutMs: STOP_TIMEOUT_MS },
  });
  const end = world.trace.lines.find((line) => / a ends/.test(line) && Number.parseInt(line, 10) > TOLD_AT_MS);
  return Number.parseInt(end ?? '', 10) - TOLD_AT_MS;
}

const AWAY: readonly SimFaultKind[] = [
  { what: 'bigquery_down', forMs: AWAY_MS },
  { what: 'leader_loss', forMs: AWAY_MS },
];

it.each(AWAY)('a stop ends within its limit: $what', async (away) => {
  for (let seed = 1; seed <= 8; seed++) {
    expect([seed, await stopTook(seed, away)]).toEqual([seed, expect.toSatisfy((ms) => ms < STOP_TIMEOUT_MS + 5_000)]);
  }
});
