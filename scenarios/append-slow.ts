import { defineScenario } from '../src/lab/scenario.ts';

const HOUR_MS = 3_600_000;

/** BigQuery takes two seconds to acknowledge a batch of payments; requests behind it are on their way already. */
export const scenario = defineScenario({
  name: 'append-slow',
  title: 'acknowledgements of appends come two seconds late, and the processor is killed while it waits for them',
  whatCouldGoWrong:
    'A checkpoint is written for rows that were sent and not acknowledged, or the restart writes them again.',
  only: { sink: 'bigquery', because: 'gRPC' },
  guarantees: ['G1', 'G2', 'G3', 'G5'],
  tags: ['bigquery', 'answers'],
  partitions: 2,
  proxied: true,
  settings: { CHECKPOINT_INTERVAL: '300ms', KAFKA_SESSION_TIMEOUT: '2s' },
  async run(world) {
    const first = world.start('alpha');
    await first.waitFor('takeover.running', 60_000);
    const slow = world.inject({
      what: 'storage_answer',
      method: 'AppendRows',
      nth: 6,
      times: 4,
      answer: { kind: 'hold-answer', delayMs: 2_000 },
    });
    const sending = world.send({ seed: 1704, count: 3_000, ratePerSecond: 1_000, spanMs: HOUR_MS });
    await slow.fired;
    await first.kill();
    const second = world.start('alpha');
    const sent = await sending;
    world.expectSums(sent.expectedSums);
    await world.drain();
    const positions = second.eventsOf('takeover.positioned');
    world.bit(
      'the takeover found rows that no checkpoint covered',
      positions.some(({ rowsAlreadyThere }) => rowsAlreadyThere > 0),
    );
  },
});
