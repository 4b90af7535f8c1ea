import { smallHeap } from '../chaos/host-faults.ts';
import { defineScenario } from '../src/lab/scenario.ts';

const HOUR_MS = 3_600_000;
/** It starts with this, and has not enough for a takeover with a backlog; on BigQuery with 36 it has. */
const HEAP_MIB = { bigquery: 30, delta: 34 } as const;

/**
 * Two lives that die for lack of memory while they catch up: of a heap that is too small for it, and of an address space that
 * takes no further page. Then one with room.
 */
export const scenario = defineScenario({
  name: 'memory-limit',
  title: 'the processor dies of its heap limit, then of an address space without room, with a backlog before it',
  whatCouldGoWrong:
    'An allocation that fails half way leaves a state, a batch or a checkpoint that is half done and believed.',
  guarantees: ['G1', 'G2', 'G3', 'G6'],
  tags: ['machine', 'crash'],
  partitions: 2,
  settings: { CHECKPOINT_INTERVAL: '300ms', KAFKA_SESSION_TIMEOUT: '3s' },
  async run(world) {
    const sent = await world.send({ seed: 1800, count: 30_000, spanMs: HOUR_MS, baseTimeMs: world.nowMs() - HOUR_MS });
    world.expectSums(sent.expectedSums);
    const dying = { what: 'out_of_memory', process: 'alpha' } as const;
    const first = world.start('alpha', { settings: smallHeap(HEAP_MIB[world.sinkKind]) });
    const ofHeap = world.inject({ ...dying, by: 'heap' });
    await ofHeap.fired;
    world.bit('it had come to its partitions', first.eventsOf('assignment.changed').length > 0);

    const second = world.start('alpha');
    await second.waitFor('takeover.running', 120_000);
    const ofSpace = world.inject({ ...dying, by: 'address-space' });
    await ofSpace.fired;
    world.start('alpha');
    await world.drain();
  },
});
