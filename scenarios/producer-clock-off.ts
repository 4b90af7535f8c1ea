import { CREATE_TIME_AFTER_MAX_MS } from '../src/kafka/kafka-admin.ts';
import { paymentRecord } from '../src/lab/payment-record.ts';
import { defineScenario, type ScenarioRecord } from '../src/lab/scenario.ts';
import { DEFAULT_DECISION_SETTINGS } from '../src/payments/settings.ts';

const EACH = 150;
const { allowedSkewMs, watermarkDelayMs } = DEFAULT_DECISION_SETTINGS;
/** Clocks of broker and producers are one here, but time passes between a look at it and the broker's. */
const SLACK_MS = 30_000;
/** As far ahead as the broker takes it, and the processor on top. */
const FASTEST_MS = CREATE_TIME_AFTER_MAX_MS - SLACK_MS;

/**
 * The settings that start.md advises. One producer's clock is as fast as broker and processor allow, another's one hour fast,
 * which the broker refuses, a third lies about event times, which the processor rejects. All others are right; some of their
 * payments arrive half an hour late.
 */
export const scenario = defineScenario({
  name: 'producer-clock-off',
  title: 'producers with fast clocks among others; the processor is killed in between',
  whatCouldGoWrong: 'One fast clock drives the watermark ahead, and the payments of everybody else are late.',
  guarantees: ['G1', 'G2', 'G3', 'G6'],
  tags: ['producer', 'clock'],
  settings: { CHECKPOINT_INTERVAL: '300ms', KAFKA_SESSION_TIMEOUT: '2s' },
  async run(world) {
    const send = (producer: string, clockAheadMs: number, eventAheadMs: number): Promise<number[]> => {
      const nowMs = world.nowMs();
      const record = (_: unknown, i: number): ScenarioRecord => ({
        ...paymentRecord({ id: `${producer}-${i}`, eventTimeMs: nowMs + eventAheadMs, sender: producer }),
        timestampMs: nowMs + clockAheadMs,
      });
      return world.sendRecords(Array.from({ length: EACH }, record));
    };
    const first = world.start('alpha');
    await first.waitFor('takeover.running', 60_000);
    await send('right', 0, 0);
    await send('fast', FASTEST_MS, FASTEST_MS + allowedSkewMs - 1);
    const refusedByBroker = await send('an-hour-fast', watermarkDelayMs - 10_000, watermarkDelayMs - 10_000).then(
      () => false,
      (error: unknown) => /timestamp/i.test(String(error)),
    );
    world.bit('the broker refused a clock that is an hour fast', refusedByBroker);
    await send('lying', 0, watermarkDelayMs);
    await first.waitFor('checkpoint.written', 60_000, ({ nextOffset }) => nextOffset >= EACH);
    await first.kill();
    await send('right-too', 0, 0);
    await send('right-but-slow', 0, -watermarkDelayMs / 2);
    world.expectSums({ USD: { count: 4 * EACH, amount: String(4 * EACH * 10) } });
    world.start('alpha');
    await world.drain();

    const refused = await world.query(
      'SELECT disposition, reason, COUNT(*) AS records FROM `{dataset}.payment_exceptions` GROUP BY disposition, reason',
    );
    world.bit('only those that lied were refused, by their reason, and nobody was late', refused.length === 1);
    world.bit('all of them', refused[0]?.reason === 'event_time_in_future' && Number(refused[0]?.records) === EACH);
  },
});
