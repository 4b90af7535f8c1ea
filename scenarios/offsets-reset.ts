import { defineScenario } from '../src/lab/scenario.ts';

const HOUR_MS = 3_600_000;

/** Somebody resets the group while the processor is stopped: to the beginning, then to the end, past work not yet done. */
export const scenario = defineScenario({
  name: 'offsets-reset',
  title: "the group's offsets are reset to earliest, then to latest",
  whatCouldGoWrong: 'Reset to earliest, everything is written again; reset to latest, the backlog is skipped silently.',
  guarantees: ['G1', 'G2', 'G6'],
  tags: ['test', 'group'],
  settings: { CHECKPOINT_INTERVAL: '300ms' },
  async run(world) {
    const workload = (part: number) => ({
      seed: 1101 + part,
      count: 1_000,
      spanMs: HOUR_MS,
      baseTimeMs: world.nowMs() - (3 - part) * HOUR_MS,
    });
    for (const [part, resetTo] of [undefined, 'earliest', 'latest'].entries()) {
      const sent = await world.send(workload(part));
      world.expectSums(sent.expectedSums);
      const done = part * sent.acked;
      if (resetTo === 'earliest' || resetTo === 'latest') {
        const offset = (await world.resetGroup(resetTo)).get(0);
        const expected = resetTo === 'earliest' ? 0 : done + sent.acked;
        world.bit(`the group stands at ${resetTo}`, offset === expected);
      }
      const processor = world.start('alpha');
      await world.drain();
      await processor.stop();
      const [position] = processor.eventsOf('takeover.positioned');
      world.bit(`start ${part + 1} continues at ${done}`, position?.checkpointOffset === done);
    }
  },
});
