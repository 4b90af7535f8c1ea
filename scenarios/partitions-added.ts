import { defineScenario } from '../src/lab/scenario.ts';

const HOUR_MS = 3_600_000;
const CONTRADICTION = 65;
const USAGE = 64;

/**
 * Somebody adds partitions to the topic by hand while producers run: from now on copies of one payment can lie in two partitions,
 * and nothing shows by which count a record was sent. Such a topic is refused; the way to do it is `rescale` (topic-rescaled).
 */
export const scenario = defineScenario({
  name: 'partitions-added',
  title: 'the topic gets two more partitions while the processor is down with work waiting',
  whatCouldGoWrong:
    'The processor continues, and copies of a payment that its key now sends elsewhere are counted twice.',
  guarantees: ['G1', 'G2'],
  tags: ['kafka', 'refusal'],
  partitions: 2,
  ending: 'stopped',
  // The records in the new partitions have no disposition, and nobody reads them.
  verifyFinds: ['partition_unread'],
  settings: { CHECKPOINT_INTERVAL: '300ms' },
  async run(world) {
    const workload = { seed: 1750, count: 1_000, spanMs: HOUR_MS, baseTimeMs: world.nowMs() - HOUR_MS };
    const first = world.start('alpha');
    const sent = await world.send(workload);
    world.expectSums(sent.expectedSums);
    await world.drain();
    await first.stop();
    await world.send(workload);
    await world.inject({ what: 'partitions_added', count: 2 }).fired;
    // Copies once more: half of them now come into partitions that nobody reads.
    await world.send(workload);

    const second = world.start('alpha');
    const { code } = await second.waitForExit(60_000);
    world.bit('it ended with 65', code === CONTRADICTION);
    world.bit('it names what happened, and where the way out is written', /partition_count_changed/.test(second.tail));
    world.bit('it says from how many to how many', /has 4 partitions.*seeded for 2/.test(second.tail));
    const rows = await world.count('SELECT COUNT(*) FROM `{dataset}.payment_exceptions`');
    const before = sent.acked - sent.byExpected.accepted;
    world.holds('G2', 'nothing more was written', rows === before);
    const rescaled = await world.operate('rescale', '--partitions', '4', '--producers-stopped');
    world.bit(
      'rescale refuses what is not drained',
      rescaled.code === USAGE && /not drained/.test(rescaled.complaints),
    );
  },
});
