import { paymentRecord } from '../src/lab/payment-record.ts';
import { defineScenario, type ScenarioRecord } from '../src/lab/scenario.ts';

const MINUTE_MS = 60_000;
const EACH = 150;

/** One producer's clock is four minutes fast, which is allowed; another's ten, which is not. All others are right. */
export const scenario = defineScenario({
  name: 'producer-clock-off',
  title: 'producers with fast clocks among others; the processor is killed in between',
  whatCouldGoWrong: 'One fast clock drives the watermark ahead, and the payments of everybody else are late.',
  guarantees: ['G1', 'G2', 'G3', 'G6'],
  tags: ['producer', 'clock'],
  settings: { CHECKPOINT_INTERVAL: '300ms', KAFKA_SESSION_TIMEOUT: '2s', WATERMARK_DELAY: '5m' },
  async run(world) {
    const send = (producer: string, fastByMs: number): Promise<number[]> => {
      const eventTimeMs = world.nowMs() + fastByMs;
      const payment = (_: unknown, i: number): ScenarioRecord =>
        paymentRecord({ id: `${producer}-${i}`, eventTimeMs, sender: producer });
      return world.sendRecords(Array.from({ length: EACH }, payment));
    };
    const first = world.start('alpha');
    await first.waitFor('takeover.running', 60_000);
    await send('right', 0);
    await send('fast', 4 * MINUTE_MS);
    await send('much-too-fast', 10 * MINUTE_MS);
    await first.waitFor('checkpoint.written', 60_000, ({ nextOffset }) => nextOffset >= EACH);
    await first.kill();
    await send('right-too', 0);
    world.expectSums({ USD: { count: 3 * EACH, amount: String(3 * EACH * 10) } });
    world.start('alpha');
    await world.drain();

    const refused = await world.query(
      'SELECT disposition, reason, COUNT(*) AS records FROM `{dataset}.payment_exceptions` GROUP BY disposition, reason',
    );
    world.bit('only those far ahead were refused, by their reason', refused.length === 1);
    world.bit('all of them', refused[0]?.reason === 'event_time_in_future' && Number(refused[0]?.records) === EACH);
  },
});
