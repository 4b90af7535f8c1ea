import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { libcClockEnv } from '../chaos/libc-clock.ts';
import { obtainLibfaketime } from '../src/lab/real/processor/libfaketime.ts';
import { defineScenario } from '../src/lab/scenario.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/**
 * The clock of the whole process jumps, not of its JavaScript alone (clock-jumps): first the wall clock, a day ahead; in the next
 * life all clocks, an hour ahead, so that every timer is due at once, as after a machine that was stopped and continued.
 */
export const scenario = defineScenario({
  name: 'clock-jumps-in-libc',
  title: 'the wall clock of the whole process jumps a day ahead; in the next life every clock of it jumps an hour',
  whatCouldGoWrong: 'Every deadline passes at once: requests in flight are given up, and their rows sent twice.',
  guarantees: ['G1', 'G2', 'G3', 'G5'],
  tags: ['clock', 'crash'],
  partitions: 2,
  settings: { CHECKPOINT_INTERVAL: '300ms', KAFKA_SESSION_TIMEOUT: '3s' },
  async run(world) {
    const library = await obtainLibfaketime();
    const folder = await mkdtemp(path.join(tmpdir(), 'provenonce-clock-'));
    const file = path.join(folder, 'ahead');
    const startedMs = world.nowMs();
    const first = world.start('alpha', { settings: await libcClockEnv({ library, file, moves: 'wall' }) });
    await first.waitFor('takeover.running', 120_000);
    const workload = { count: 3_000, ratePerSecond: 500, spanMs: HOUR_MS };
    const sending = world.send({ ...workload, seed: 1830, baseTimeMs: startedMs - 2 * HOUR_MS });
    const clock = { what: 'libc_clock', process: 'alpha', file } as const;
    const wall = world.inject({ ...clock, aheadMs: DAY_MS, when: { acknowledged: 500 } });
    const killed = world.inject({ what: 'crash', process: 'alpha', when: { acknowledged: 2_000 } });
    await killed.fired;
    await wall.heal();
    world.expectSums((await sending).expectedSums);

    const second = world.start('alpha', { settings: await libcClockEnv({ library, file, moves: 'all' }) });
    await second.waitFor('checkpoint.written', 120_000);
    const all = world.inject({ ...clock, aheadMs: HOUR_MS, stays: true, when: { acknowledged: 3_500 } });
    const late = world.send({ ...workload, seed: 1831, baseTimeMs: startedMs - HOUR_MS });
    await all.fired;
    world.expectSums((await late).expectedSums);
    await world.drain();
    // Time enough has passed for it to say that a service was away for too long: 69, and the drain has started another.
    const end = second.running ? await second.stop() : await second.waitForExit(1_000);
    world.bit('it lived through it, or ended with the code for that', end.code === 0 || end.code === 69);
    const written = (from: number, to: number) =>
      world.count(
        `SELECT COUNT(*) FROM \`{dataset}.payment_transactions\` WHERE processed_at BETWEEN TIMESTAMP_MILLIS(${Math.round(from)}) AND TIMESTAMP_MILLIS(${Math.round(to)})`,
      );
    world.bit('rows were written a day ahead', (await written(startedMs + DAY_MS / 2, startedMs + 2 * DAY_MS)) > 0);
    world.bit('rows were written an hour ahead', (await written(startedMs + HOUR_MS / 2, startedMs + 2 * HOUR_MS)) > 0);
    world.bit('and rows in between', (await written(startedMs, startedMs + HOUR_MS / 2)) > 0);
    await rm(folder, { recursive: true });
  },
});
