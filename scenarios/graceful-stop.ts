import { defineScenario } from '../src/lab/scenario.ts';

const HOUR_MS = 3_600_000;

/** SIGTERM in the middle of the work, as a deployment sends it: everything folded is written and checkpointed first. */
export const scenario = defineScenario({
  name: 'graceful-stop',
  title: 'SIGTERM in mid-run leaves nothing to be compared',
  whatCouldGoWrong: 'Every deployment is treated like a crash: rows without a checkpoint, a slow restart.',
  guarantees: ['G1', 'G2', 'G5'],
  tags: ['group'],
  partitions: 2,
  settings: { CHECKPOINT_INTERVAL: '2s' },
  async run(world) {
    const first = world.start('alpha');
    await first.waitFor('takeover.running', 60_000);
    const sending = world.send({ seed: 1303, count: 5_000, ratePerSecond: 1_000, spanMs: HOUR_MS });
    await first.waitFor('checkpoint.written', 60_000, ({ nextOffset }) => nextOffset > 100);
    const { code } = await first.stop();
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
