import { expect, test } from 'vitest';
import { UnreachableError } from '../../../base/errors.ts';
import { Patience, type Waiting } from './waiting.ts';

const LIMITS = { backoffMinMs: 100, backoffMaxMs: 1_000, unreachableAfterMs: 600_000 };
const NO_ANSWER = new Error('no answer within 60000 ms');

function patienceWith() {
  const clock = { wallMs: 1_000, monotonicMs: 0 };
  const pass = (ms: number): void => {
    clock.wallMs += ms;
    clock.monotonicMs += ms;
  };
  const runtime = {
    nowMs: () => clock.wallMs,
    monotonicMs: () => clock.monotonicMs,
    sleep: async (ms: number) => pass(ms),
    random: () => 0.5,
    uuid: () => '',
  };
  const waits: Waiting[] = [];
  const recovered: number[] = [];
  const observer = {
    onWaiting: (waiting: Waiting) => waits.push(waiting),
    onRecovered: ({ waitedMs }: Pick<Waiting, 'waitedMs'>) => recovered.push(waitedMs),
  };
  const about = { service: 'bigquery', what: 'a question' } as const;
  return { patience: new Patience(runtime, LIMITS, observer, about), clock, pass, waits, recovered };
}

test('a service that takes requests and answers none is unreachable after the limit, not after a number of pauses', async () => {
  const { patience, clock, pass } = patienceWith();
  const asking = async (): Promise<never> => {
    for (;;) {
      pass(60_000);
      await patience.wait(NO_ANSWER);
    }
  };
  await expect(asking()).rejects.toBeInstanceOf(UnreachableError);
  expect(clock.monotonicMs).toBeLessThan(LIMITS.unreachableAfterMs + 2 * 60_000);
});

test('a clock that is set while it waits ends nothing', async () => {
  const { patience, clock, waits } = patienceWith();
  await patience.wait(NO_ANSWER);
  clock.wallMs += 7_200_000;
  await patience.wait(NO_ANSWER);
  expect(waits.map(({ waitedMs }) => waitedMs)).toEqual([0, clock.monotonicMs - 150]);
});

test('a success starts the count again, and says how long it was away', async () => {
  const { patience, pass, recovered, waits } = patienceWith();
  await patience.wait(NO_ANSWER);
  pass(400_000);
  patience.success();
  patience.success();
  await patience.wait(NO_ANSWER);
  expect(recovered).toEqual([expect.any(Number)]);
  expect(recovered[0]).toBeGreaterThanOrEqual(400_000);
  expect(waits.at(-1)!.waitedMs).toBe(0);
});
