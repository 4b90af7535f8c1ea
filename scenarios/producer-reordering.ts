import { paymentRecord } from '../src/lab/payment-record.ts';
import { defineScenario, type ScenarioRecord } from '../src/lab/scenario.ts';

const MINUTE_MS = 60_000;
const PAYMENTS = 2_400;
/** Sent in one request, in no order at all. */
const BLOCK = 200;

/**
 * Requests of a producer overtake each other, and some are sent again behind what was sent later: payments come in an order
 * that has nothing to do with their times, up to eight minutes off. The processor is killed in between.
 */
export const scenario = defineScenario({
  name: 'producer-reordering',
  title: 'payments come in any order, and whole requests again behind later ones, on both sides of a kill -9',
  whatCouldGoWrong:
    'Code that relies on the order of sending calls payments late, forgets ids, or closes windows too early.',
  guarantees: ['G1', 'G2', 'G3', 'G4'],
  tags: ['producer', 'crash'],
  settings: {
    CHECKPOINT_INTERVAL: '300ms',
    KAFKA_SESSION_TIMEOUT: '2s',
    WATERMARK_DELAY: '10m',
    ACCEPT_CLOCK_RISK: 'true',
  },
  async run(world) {
    const startMs = world.nowMs() - 60 * MINUTE_MS;
    const payment = (i: number): ScenarioRecord =>
      paymentRecord({ id: `p-${i}`, eventTimeMs: startMs + i * 1_000, sender: `sender-${i % 7}` });
    const blocks = Array.from({ length: PAYMENTS / BLOCK }, (_, block) =>
      shuffled(
        Array.from({ length: BLOCK }, (__, i) => payment(block * BLOCK + i)),
        (below) => world.random.below(below),
      ),
    );
    world.expectSums({ USD: { count: PAYMENTS, amount: String(PAYMENTS * 10) } });
    const first = world.start('alpha');
    await first.waitFor('takeover.running', 60_000);
    const killed = world.inject({
      what: 'crash',
      process: 'alpha',
      when: { acknowledged: PAYMENTS },
    });
    for (let i = 0; i < blocks.length; i += 2) {
      // The later request is there first, and once more behind the one that it overtook.
      for (const block of [blocks[i + 1]!, blocks[i]!, blocks[i + 1]!]) await world.sendRecords(block);
    }
    await killed.fired;
    world.start('alpha');
    await world.drain();

    const goingBack = await world.count(
      `SELECT COUNT(*) FROM (
         SELECT event_time < LAG(event_time) OVER (PARTITION BY kafka_partition ORDER BY kafka_offset) AS back
         FROM \`{dataset}.payment_transactions\`) WHERE back`,
    );
    world.bit(`payments came before earlier ones (${goingBack})`, goingBack > PAYMENTS / 4);
    const refused = await world.query(
      'SELECT disposition, COUNT(*) AS records FROM `{dataset}.payment_exceptions` GROUP BY disposition',
    );
    world.bit(
      'what came again was known, and nothing was late',
      refused.length === 1 && refused[0]?.disposition === 'duplicate' && Number(refused[0]?.records) === PAYMENTS / 2,
    );
  },
});

function shuffled<T>(items: T[], below: (count: number) => number): T[] {
  for (let i = items.length - 1; i > 0; i--) {
    const j = below(i + 1);
    [items[i], items[j]] = [items[j]!, items[i]!];
  }
  return items;
}
