import { paymentRecord } from '../src/lab/payment-record.ts';
import { defineScenario, type ScenarioRecord } from '../src/lab/scenario.ts';

/**
 * The guide's second worked example: messages 1 to 1000 are processed and checkpointed, the crash comes at message 1500,
 * work is resumed at message 1001. Messages are counted from 1 there; Kafka offsets from 0.
 */
export const scenario = defineScenario({
  name: 'crash-at-1500',
  title: '1000 messages checkpointed, crash at 1500, resumed at 1001',
  whatCouldGoWrong: 'Messages 1001 to 1500 are written a second time after the restart, or not at all.',
  guarantees: ['G1', 'G2', 'G5'],
  tags: ['test', 'crash', 'mission'],
  settings: { CHECKPOINT_INTERVAL: '300ms', KAFKA_SESSION_TIMEOUT: '3s' },
  async run(world) {
    const eventTimeMs = world.nowMs();
    const messages = (from: number, to: number): ScenarioRecord[] =>
      Array.from({ length: to - from + 1 }, (_, i) => paymentRecord({ id: `txn-${from + i}`, eventTimeMs }));
    world.expectSums({ USD: { count: 2_000, amount: '20000' } });

    // Each request is one batch for the processor; the third one's checkpoint is never sent. The first is a small one: of a
    // run's first rows only 250 go out at once, and a checkpoint may come in between.
    const first = world.start('alpha', { crashAt: { point: 'append.checkpoint_log.before', hit: 3 } });
    await first.waitFor('takeover.running', 60_000);
    await world.sendRecords(messages(1, 100));
    await first.waitFor('checkpoint.written', 60_000, ({ nextOffset }) => nextOffset === 100);
    await world.sendRecords(messages(101, 1_000));
    await first.waitFor('checkpoint.written', 60_000, ({ nextOffset }) => nextOffset === 1_000);
    await world.sendRecords(messages(1_001, 1_500));
    const { signal } = await first.waitForExit(60_000);
    world.bit('it died by SIGKILL', signal === 'SIGKILL');
    const written = await world.count('SELECT COUNT(*) FROM `{dataset}.payment_transactions`');
    world.bit('messages 1 to 1500 were written by then', written === 1_500);

    const second = world.start('alpha');
    const position = await second.waitFor('takeover.positioned', 60_000);
    world.bit('work is resumed at message 1001', position.checkpointOffset === 1_000);
    world.bit('and nothing up to message 1500 is to be written again', position.resumeOffset === 1_500);
    await world.sendRecords(messages(1_501, 2_000));
    await world.drain();

    const { rowsSkipped } = await second.waitFor('replay.finished', 60_000);
    world.bit('messages 1001 to 1500 were compared in both tables', rowsSkipped === 1_000);
    const byWriter = await world.query(
      'SELECT writer_epoch, MIN(kafka_offset) + 1 AS first, MAX(kafka_offset) + 1 AS last FROM `{dataset}.payment_transactions` GROUP BY writer_epoch ORDER BY writer_epoch',
    );
    world.bit(
      'each message was written by the process that came to it first',
      byWriter.map(({ first: from, last: to }) => `${from}-${to}`).join() === '1-1500,1501-2000',
    );
  },
});
