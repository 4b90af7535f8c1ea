import { defineScenario } from '../src/lab/scenario.ts';

const HOUR_MS = 3_600_000;

/** Nine payments of ten come from one account: one partition has nearly all the work, and is taken over in the middle. */
export const scenario = defineScenario({
  name: 'hot-account',
  title: 'one account sends nine payments of ten, and the processor that has it is killed',
  whatCouldGoWrong: 'The activity of the busiest account, which its fraud score hangs on, does not survive the crash.',
  guarantees: ['G1', 'G2', 'G4', 'G5'],
  tags: ['crash', 'workload'],
  partitions: 2,
  settings: { CHECKPOINT_INTERVAL: '300ms', KAFKA_SESSION_TIMEOUT: '2s' },
  async run(world) {
    const first = world.start('alpha');
    await first.waitFor('takeover.running', 60_000);
    const killed = world.inject({ what: 'crash', process: 'alpha', when: { acknowledged: 2_000 } });
    const sending = world.send({
      seed: 1800,
      count: 5_000,
      ratePerSecond: 1_500,
      spanMs: HOUR_MS,
      hotAccounts: 1,
      hotShare: 0.9,
      devicesPerAccount: 8,
    });
    await killed.fired;
    world.start('alpha');
    world.expectSums((await sending).expectedSums);
    await world.drain();
    const [busiest] = await world.query(
      'SELECT COUNT(*) AS payments, MAX(txn_count_5min) AS most FROM `{dataset}.payment_transactions_fraud` GROUP BY sender_account_id ORDER BY payments DESC LIMIT 1',
    );
    world.bit('one account has most of the payments', Number(busiest?.payments) > 3_000);
    world.bit('its activity is counted into the hundreds', Number(busiest?.most) > 100);
  },
});
