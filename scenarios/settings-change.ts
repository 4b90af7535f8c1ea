import { defineScenario } from '../src/lab/scenario.ts';

const HOUR_MS = 3_600_000;
const SHORTER_DELAY_MS = 10 * 60_000;

/** The processor comes back with a shorter watermark delay and stricter fraud rules; what was decided stays decided. */
export const scenario = defineScenario({
  name: 'settings-change',
  title: 'restarted with another watermark delay and other fraud thresholds',
  whatCouldGoWrong: 'After a restart nothing shows which rules a row was decided by.',
  guarantees: ['G1', 'G3', 'G4', 'G5'],
  tags: ['test', 'settings'],
  partitions: 2,
  settings: { CHECKPOINT_INTERVAL: '300ms' },
  async run(world) {
    const first = world.start('alpha');
    const before = await world.send({
      seed: 1001,
      count: 2_000,
      spanMs: HOUR_MS,
      baseTimeMs: world.nowMs() - 3 * HOUR_MS,
      accounts: 200,
    });
    await world.drain();
    await first.stop();

    const second = world.start('alpha', {
      settings: {
        SETTINGS_REVISION: '1',
        WATERMARK_DELAY: '10m',
        ACCEPT_CLOCK_RISK: 'true',
        FRAUD_AMOUNT_HIGH: '2000',
        FRAUD_HIGH_RISK: '40',
      },
    });
    await second.waitFor('takeover.running', 60_000);
    const after = await world.send({
      seed: 1002,
      count: 3_000,
      spanMs: HOUR_MS,
      baseTimeMs: world.nowMs() - HOUR_MS,
      watermarkDelayMs: SHORTER_DELAY_MS,
      lateShare: 0.05,
      accounts: 200,
    });
    world.expectSums(before.expectedSums);
    world.expectSums(after.expectedSums);
    await world.drain();

    const changed = second.eventsOf('settings.changed').filter(({ fromOffset }) => fromOffset > 0);
    const partitions = new Set(changed.map(({ partition }) => partition)).size;
    world.bit('each partition has a new entry in its settings history', partitions === 2);
    const since = changed
      .map(({ partition, fromOffset }) => `(kafka_partition = ${partition} AND kafka_offset >= ${fromOffset})`)
      .concat('FALSE')
      .join(' OR ');
    const bands = (condition: string, band: string): Promise<number> =>
      world.count(
        `SELECT COUNT(*) FROM \`{dataset}.payment_transactions_fraud\` WHERE amount > 2000 AND amount <= 5000 AND risk_amount = '${band}' AND (${condition})`,
      );
    world.bit('amounts of 2000 to 5000 were MEDIUM before', (await bands(`NOT (${since})`, 'MEDIUM')) > 0);
    world.bit('and never HIGH', (await bands(`NOT (${since})`, 'HIGH')) === 0);
    world.bit('they are HIGH since', (await bands(since, 'HIGH')) > 0);
    world.bit('and never MEDIUM', (await bands(since, 'MEDIUM')) === 0);
    const late = await world.count(
      `SELECT COUNT(*) FROM \`{dataset}.payment_exceptions\` WHERE disposition = 'late' AND (${since})`,
    );
    world.bit('payments are late by the shorter delay', late > 0);
  },
});
