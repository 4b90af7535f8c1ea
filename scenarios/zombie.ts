import { defineScenario } from '../src/lab/scenario.ts';

const HOUR_MS = 3_600_000;

/**
 * A processor hangs (SIGSTOP) for longer than its session, others take over, and it comes back with rows in its hands that
 * it believes are its to write.
 */
export const scenario = defineScenario({
  name: 'zombie',
  title: 'a processor hangs, is replaced, and wakes up in the middle of a batch',
  whatCouldGoWrong:
    'The group cannot stop a process that does not know it was replaced: it writes its batch beside the new owner.',
  guarantees: ['G1', 'G2', 'G6'],
  tags: ['group'],
  partitions: 2,
  settings: { CHECKPOINT_INTERVAL: '1s', KAFKA_SESSION_TIMEOUT: '3s' },
  async run(world) {
    const hanging = world.start('alpha');
    const running = await Promise.all(
      [0, 1].map((each) => hanging.waitFor('takeover.running', 60_000, ({ partition }) => partition === each)),
    );
    // The load lasts until it was fenced: it wakes up with rows in its hands.
    const { promise: wasFenced, resolve: stopSending } = Promise.withResolvers<void>();
    const sending = world.send(
      { seed: 1202, count: 60_000, ratePerSecond: 800, spanMs: 4 * HOUR_MS },
      { stopWhen: wasFenced },
    );
    await hanging.waitFor('checkpoint.written', 60_000, ({ nextOffset }) => nextOffset > 300);
    hanging.pause();
    const successor = world.start('beta');
    const taken = await Promise.all(
      [0, 1].map((each) => successor.waitFor('takeover.running', 60_000, ({ partition }) => partition === each)),
    );
    hanging.resume();
    const { why } = await hanging.waitFor('partition.fenced', 60_000).finally(stopSending);
    world.bit(`it was fenced when it came back (${why})`, true);
    const sent = await sending;
    world.expectSums(sent.expectedSums);
    await world.drain();

    for (const { partition } of taken) {
      const { epoch } = running.find((event) => event.partition === partition)!;
      const { resumeOffset } = await successor.waitFor(
        'takeover.positioned',
        1_000,
        (at) => at.partition === partition,
      );
      const written = ['payment_transactions', 'payment_transactions_fraud', 'payment_exceptions'].map(
        (table) =>
          `(SELECT COUNT(*) FROM \`{dataset}.${table}\` WHERE kafka_partition = ${partition} AND writer_epoch = ${epoch} AND kafka_offset >= ${resumeOffset})`,
      );
      const rows = await world.count(`SELECT ${written.join(' + ')}`);
      world.holds('G1', `partition ${partition}: it wrote nothing once it was replaced`, rows === 0);
    }
  },
});
