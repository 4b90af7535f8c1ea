/** SIGTERM while a service is away: the process ends within its limit, whatever its partitions wait for. */
import { expect, it } from 'vitest';
import { CALM, type Fault, type What } from './plan.ts';
import { processorMain } from './processor-main.ts';
import { runCaseInWorld } from './sim-case.ts';
import { settled, someRecords } from './testing.ts';
import { DEFAULT_DIALS, drawWorkload } from './workload.ts';
import { createWorld } from './world.ts';

const STOP_TIMEOUT_MS = 20_000;
const TOLD_AT_MS = 15_000;
const AWAY_MS = 400_000;

/** Virtual ms from the signal to the end. */
async function stopTook(seed: number, away: What): Promise<number> {
  const faults: Fault[] = [
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

it('a process that ends when it is caught up closes its log first, then its local state, and waits for both', async () => {
  const world = createWorld({ seed: 3, partitions: 2 });
  for (const partition of [0, 1]) world.kafka.partition(partition).append(someRecords(20));
  const ports = world.process('a').boot();
  const done: string[] = [];
  /** The port with one method that takes its time, and notes when it is done. */
  const slow = <Port extends object>(port: Port, method: string, forMs: number): Port =>
    new Proxy(port, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== 'function') return value;
        if (name !== method) return value.bind(target) as unknown;
        return async () => {
          await ports.runtime.sleep(forMs);
          await value.call(target);
          done.push(method);
        };
      },
    });
  const main = processorMain({
    untilCaughtUp: true,
    weaken: (wired) => ({ ...wired, log: slow(wired.log, 'stop', 500), state: slow(wired.state, 'close', 10) }),
  });
  expect(await settled(world, main(ports))).toMatchObject({ exitCode: 0, why: 'caught up' });
  expect(done).toEqual(['stop', 'close']);
  expect(world.bigquery.rows('payment_exceptions')).toHaveLength(40);
});

const AWAY: readonly What[] = [
  { what: 'bigquery_down', forMs: AWAY_MS },
  { what: 'leader_loss', forMs: AWAY_MS },
];

it.each(AWAY)('a stop ends within its limit: $what', async (away) => {
  for (let seed = 1; seed <= 8; seed++) {
    expect([seed, await stopTook(seed, away)]).toEqual([seed, expect.toSatisfy((ms) => ms < STOP_TIMEOUT_MS + 5_000)]);
  }
});
