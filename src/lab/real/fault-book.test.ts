import { expect, test } from 'vitest';
import type { ChaosTarget } from '../../../chaos/chaos-target.ts';
import type { PlannedFault } from '../../../chaos/fault.ts';
import { FaultBook } from './fault-book.ts';

const NO_HISTORY = { acknowledged: [], checkpointed: [] };
const PAUSE: PlannedFault = { what: 'pause', process: 'alpha' };

/** A world where one processor is paused and killed, and the test passes time and moments. */
function book() {
  const done: string[] = [];
  let nowMs = 0;
  const sleeping: { untilMs: number; wake: () => void }[] = [];
  const moments = Promise.withResolvers<void>();
  const process = {
    pid: 1,
    running: true,
    kill: async () => void done.push('kill'),
    pause: () => void done.push('pause'),
    resume: () => void done.push('resume'),
  };
  const faults = new FaultBook({
    runtime: {
      nowMs: () => nowMs,
      sleep: (ms) => new Promise<void>((wake) => void sleeping.push({ untilMs: nowMs + ms, wake })),
    },
    target: { processor: () => process } as unknown as ChaosTarget,
    soFar: () => '7 are acknowledged',
    moment: (_when, signal) =>
      new Promise((resolve, reject) => {
        moments.promise.then(resolve);
        signal.addEventListener('abort', () => reject(signal.reason));
      }),
  });
  const pass = async (ms: number): Promise<void> => {
    nowMs += ms;
    for (const { untilMs, wake } of sleeping) if (untilMs <= nowMs) wake();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { faults, done, pass, arrive: moments.resolve, only: () => faults.plannedRecords(NO_HISTORY)[0]! };
}

test('a fault of a moment fires and is healed in that moment', async () => {
  const { faults, pass, only } = book();
  await pass(5);
  await faults.plan({ what: 'crash', process: 'alpha' }).healed;
  expect(only()).toMatchObject({ id: 'f1', processor: 'alpha', plannedAtMs: 5, firedAtMs: 5, healedAtMs: 5 });
  expect(only().counts).toEqual({ kills: 1 });
});

test('a fault waits for its moment, lasts as long as it says, and is healed', async () => {
  const { faults, done, pass, arrive, only } = book();
  const { fired, healed } = faults.plan({ ...PAUSE, when: { event: 'checkpoint.written' }, forMs: 100 });
  await pass(10);
  expect(done).toEqual([]);
  arrive();
  await fired;
  expect([done, faults.active]).toEqual([['pause'], ['pause, process alpha, for 100 ms']]);
  await pass(99);
  expect(done).toEqual(['pause']);
  await pass(1);
  await healed;
  expect([done, faults.active]).toEqual([['pause', 'resume'], []]);
  expect(only()).toMatchObject({ firedAtMs: 10, healedAtMs: 110 });
});

test('the end of the story heals what still lasts, once', async () => {
  const { faults, done, only } = book();
  await faults.plan(PAUSE).fired;
  await faults.heal();
  await faults.heal();
  expect([done, only().healedAtMs]).toEqual([['pause', 'resume'], 0]);
});

test('a fault whose moment never came did not fire', async () => {
  const { faults, done, only } = book();
  const { fired } = faults.plan({ ...PAUSE, when: { acknowledged: 10 } });
  await faults.heal();
  await expect(fired).rejects.toThrow();
  expect([done, only().firedAtMs, only().healedAtMs]).toEqual([[], null, null]);
});

test('a fault that does not fire within a minute ends its wait, and says what it waited for', async () => {
  const { faults, done, pass, arrive } = book();
  const { fired, healed } = faults.plan({ ...PAUSE, when: { acknowledged: 10 } });
  const ends = Promise.all([
    expect(fired).rejects.toThrow(/did not fire: its moment did not come \({"acknowledged":10}\); 7 are acknowledged/),
    expect(healed).rejects.toThrow(),
  ]);
  await pass(60_000);
  await ends;
  arrive();
  await pass(1);
  expect(done).toEqual([]);
});

test('a fault that cannot be done did not fire', async () => {
  const { faults, only } = book();
  const injected = faults.plan({ what: 'network_cut', on: 'kafka' });
  await expect(injected.fired).rejects.toThrow();
  expect(only().firedAtMs).toBeNull();
});

test('what a story does by hand is written down, and not counted against it', async () => {
  const { faults, pass } = book();
  const undone = faults.note('broker_kill', 'the broker is killed', null);
  await pass(7);
  undone();
  expect(faults.plannedRecords(NO_HISTORY)).toEqual([]);
  expect(faults.records(NO_HISTORY)[0]).toMatchObject({ fault: 'broker_kill', firedAtMs: 0, healedAtMs: 7 });
});

test('a planned fault that a story does by hand counts as the story tells it', async () => {
  const { faults, pass, only } = book();
  const crash = faults.planByHand('crash', 'alpha at claim', { hit: 1 }, 'alpha');
  expect(only()).toMatchObject({ firedAtMs: null, healedAtMs: null, plan: { what: 'crash', hit: 1 } });
  await pass(7);
  crash.fired();
  expect(faults.active).toEqual(['alpha at claim']);
  await pass(3);
  crash.healed();
  expect(only()).toMatchObject({ firedAtMs: 7, healedAtMs: 10, processor: 'alpha' });
});
