import { defineScenario } from '../src/lab/scenario.ts';

const HOUR_MS = 3_600_000;

/**
 * The processor kills itself with SIGKILL the moment the sink has acknowledged a batch of payments: the rows are there,
 * and no checkpoint says so. The producer continues meanwhile, and repeats payments from before the crash after it.
 */
export const scenario = defineScenario({
  name: 'crash-in-mid-batch',
  title: 'kill -9 between the rows of a batch and the checkpoint that would have covered them',
  whatCouldGoWrong:
    'Resuming at the last checkpoint writes the batch again; resuming at the last row loses the records whose other rows are missing.',
  guarantees: ['G1', 'G2', 'G3', 'G4', 'G5', 'G6'],
  tags: ['test', 'smoke', 'crash', 'mission'],
  partitions: 2,
  settings: { CHECKPOINT_INTERVAL: '300ms', KAFKA_SESSION_TIMEOUT: '3s' },
  async run(world) {
    // Of Delta Lake a commit takes the rows of an interval, of both partitions.
    const hit = world.sinkKind === 'delta' ? 2 : 8;
    const first = world.start('alpha', { crashAt: { point: 'append.payment_transactions.after', hit } });
    await first.waitFor('takeover.running', 60_000);
    const sending = world.send({
      seed: 101,
      count: 4_000,
      ratePerSecond: 1_500,
      spanMs: 3 * HOUR_MS,
      duplicateShare: 0.1,
      distances: ['near', 'across'],
    });
    const exit = await Promise.race([first.waitForExit(60_000), sending.then(() => first.waitForExit(60_000))]);
    world.bit('the processor died by SIGKILL', exit.signal === 'SIGKILL');

    const second = world.start('alpha');
    const sent = await sending;
    world.expectSums(sent.expectedSums);
    await world.drain();

    const positions = second.eventsOf('takeover.positioned');
    const found = positions.reduce((sum, { rowsAlreadyThere }) => sum + rowsAlreadyThere, 0);
    const skipped = second.eventsOf('replay.finished').reduce((sum, { rowsSkipped }) => sum + rowsSkipped, 0);
    // Delta tables say how far their rows go, not how many there are.
    if (world.sinkKind === 'delta')
      world.bit('the takeover found rows past the checkpoint, not to be written again', skipped > 0);
    else {
      world.bit('the takeover found rows past the checkpoint', found > 0);
      world.bit('and wrote none of them again', skipped === found);
    }

    const across = positions.map(
      ({ partition, resumeOffset: F }) =>
        `(kafka_partition = ${partition} AND first_kafka_offset < ${F} AND kafka_offset >= ${F})`,
    );
    const copies = await world.count(
      `SELECT COUNT(*) FROM \`{dataset}.payment_exceptions\` WHERE disposition = 'duplicate' AND (${across.join(' OR ')})`,
    );
    world.bit('copies came after the crash of payments written before it', copies > 0);
  },
});
