import { defineScenario } from '../src/lab/scenario.ts';

const HOUR_MS = 3_600_000;
const HELD_MS = 2_000;

/** SIGTERM in the middle of the work, as a deployment sends it: everything folded is written and checkpointed first. */
export const scenario = defineScenario({
  name: 'graceful-stop',
  title: 'SIGTERM while rows wait for an acknowledgement and others wait behind them: nothing is left to be compared',
  whatCouldGoWrong:
    'Rows that were not sent yet are below the last checkpoint and go down with the process; or every deployment is treated like a ' +
    'crash: rows without a checkpoint, a slow restart.',
  guarantees: ['G1', 'G2', 'G5'],
  tags: ['group'],
  partitions: 2,
  proxied: true,
  settings: { CHECKPOINT_INTERVAL: '2s', DELTA_COMMIT_INTERVAL: '3s' },
  async run(world) {
    const first = world.start('alpha');
    await first.waitFor('takeover.running', 60_000);
    const sending = world.send({ seed: 1303, count: 5_000, ratePerSecond: 1_000, spanMs: HOUR_MS });
    await first.waitFor('checkpoint.written', 60_000, ({ nextOffset }) => nextOffset > 100);
    // With an append in flight, what is folded next waits to be sent; on Delta Lake it waits for the commit of its interval.
    if (world.sinkKind === 'bigquery') {
      const slow = world.inject({
        what: 'storage_answer',
        method: 'AppendRows',
        nth: 1,
        times: 8,
        answer: { kind: 'hold-answer', delayMs: HELD_MS },
      });
      await slow.fired;
    }
    const heldSinceMs = world.nowMs();
    const folded = first.eventsOf('batch.folded');
    const foldsMore = (partition: number) => {
      const before = Math.max(0, ...folded.filter((at) => at.partition === partition).map((at) => at.nextOffset));
      return first.waitFor('batch.folded', 10_000, (at) => at.partition === partition && at.nextOffset > before);
    };
    await Promise.all([0, 1].map(foldsMore));
    const waitedMs = world.nowMs() - heldSinceMs;
    const { code } = await first.stop();
    world.bit('it got the signal while rows waited behind those in flight', waitedMs < HELD_MS);
    world.bit('it stopped as asked', code === 0);

    const second = world.start('alpha');
    const sent = await sending;
    world.expectSums(sent.expectedSums);
    await world.drain();
    const positions = second.eventsOf('takeover.positioned');
    world.bit(
      'the restart began in the middle of the topic',
      positions.some(({ checkpointOffset: C }) => C > 0 && C < sent.acked / 2),
    );
    world.bit(
      'nothing was found past a checkpoint',
      positions.every((at) => at.rowsAlreadyThere === 0),
    );
    world.bit(
      'F = C in every partition',
      positions.every((at) => at.resumeOffset === at.checkpointOffset),
    );
    world.bit(
      'the local state was used',
      second.eventsOf('state.restored').every(({ how }) => how === 'local'),
    );
  },
});
