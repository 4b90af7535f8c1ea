import { smallHeap } from '../chaos/host-faults.ts';
import { defineScenario } from '../src/lab/scenario.ts';

const HOUR_MS = 3_600_000;
const HEAP_MIB = 24;

/**
 * Two lives that die for lack of memory under load: of a heap that is too small for it, and of an address space that takes no
 * further page. Then one with room.
 */
export const scenario = defineScenario({
  name: 'memory-limit',
  title: 'the processor dies of its heap limit, then of an address space without room, under load',
  whatCouldGoWrong:
    'An allocation that fails half way leaves a state, a batch or a checkpoint that is half done and believed.',
  guarantees: ['G1', 'G2', 'G3', 'G6'],
  tags: ['machine', 'crash'],
  partitions: 2,
  settings: { CHECKPOINT_INTERVAL: '300ms', KAFKA_SESSION_TIMEOUT: '3s' },
  async run(world) {
    const dying = { fault: 'processor.out-of-memory', processor: 'alpha' } as const;
    const first = world.start('alpha', { settings: smallHeap(HEAP_MIB) });
    const ofHeap = world.inject({ ...dying, by: 'heap' });
    await first.waitFor('takeover.running', 60_000);
    const sent = await world.send({ seed: 1800, count: 40_000, ratePerSecond: 10_000, spanMs: HOUR_MS });
    world.expectSums(sent.expectedSums);
    await ofHeap.fired;

    const second = world.start('alpha');
    const ofSpace = world.inject({ ...dying, by: 'address-space', when: { event: 'takeover.running' } });
    await ofSpace.fired;
    world.bit('it had begun to write', second.eventsOf('takeover.running').length > 0);
    world.start('alpha');
    await world.drain();
  },
});
