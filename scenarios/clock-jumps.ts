import { clockEnv } from '../chaos/process-faults.ts';
import { defineScenario } from '../src/lab/scenario.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** One processor's clock jumps a day ahead in mid-run; the next life's is two hours behind. */
export const scenario = defineScenario({
  name: 'clock-jumps',
  title: 'the clock of the processor jumps a day ahead, and is two hours behind after a kill -9',
  whatCouldGoWrong: 'Lateness, windows, or the age of streams depend on the clock of the process.',
  guarantees: ['G1', 'G2', 'G3', 'G5'],
  tags: ['clock', 'crash'],
  partitions: 2,
  settings: { CHECKPOINT_INTERVAL: '300ms', KAFKA_SESSION_TIMEOUT: '2s' },
  async run(world) {
    const startedMs = world.nowMs();
    const first = world.start('alpha', { settings: clockEnv({ jumpMs: DAY_MS }) });
    await first.waitFor('takeover.running', 60_000);
    const sending = world.send({ seed: 1820, count: 5_000, ratePerSecond: 1_000, spanMs: HOUR_MS });
    const jump = world.inject({ what: 'clock_toggle', process: 'alpha', when: { acknowledged: 1_500 } });
    const killed = world.inject({ what: 'crash', process: 'alpha', when: { acknowledged: 3_500 } });
    await killed.fired;
    await jump.heal();
    world.start('alpha', { settings: clockEnv({ offMs: -2 * HOUR_MS }) });
    world.expectSums((await sending).expectedSums);
    await world.drain();
    const written = (condition: string) =>
      world.count(`SELECT COUNT(*) FROM \`{dataset}.payment_transactions\` WHERE processed_at ${condition}`);
    const at = (ms: number) => `TIMESTAMP_MILLIS(${Math.round(ms)})`;
    world.bit('rows were written a day ahead', (await written(`> ${at(startedMs + DAY_MS / 2)}`)) > 0);
    world.bit('rows were written two hours behind', (await written(`< ${at(startedMs - HOUR_MS)}`)) > 0);
    world.bit(
      'and rows in between',
      (await written(`BETWEEN ${at(startedMs - HOUR_MS)} AND ${at(startedMs + DAY_MS / 2)}`)) > 0,
    );
  },
});
