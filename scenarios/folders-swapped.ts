import { defineScenario, type ScenarioWorld } from '../src/lab/scenario.ts';

const HOUR_MS = 3_600_000;
const ROUNDS = 11;
/** In this round the directory of one is copied over the other's, so that both have the same. */
const COPY_IN_ROUND = 6;
const NAMES = ['alpha', 'beta'] as const;

/**
 * Two processors share the topic. Both are killed at the same moment, their checkpoint directories change places, and both
 * are started again: eleven times, while records and copies of them flow.
 */
export const scenario = defineScenario({
  name: 'folders-swapped',
  title: 'two processors are killed together, eleven times, and each gets the checkpoint directory of the other',
  whatCouldGoWrong:
    "A processor resumes with the other's local state, or with one that is older than the checkpoint; or it takes the live other one for its own dead predecessor.",
  guarantees: ['G1', 'G2', 'G3', 'G4', 'G5'],
  tags: ['checkpoint', 'crash', 'group'],
  partitions: 2,
  settings: { CHECKPOINT_INTERVAL: '200ms' },
  storyMs: 15 * 60_000,
  async run(world) {
    const storm = killAndSwap(world);
    const sent = await world.send(
      {
        seed: 2501,
        count: 60_000,
        ratePerSecond: 100,
        spanMs: HOUR_MS,
        duplicateShare: 0.2,
        distances: ['near', 'across'],
      },
      { stopWhen: storm },
    );
    const changed = await storm;
    world.expectSums(sent.expectedSums);
    for (const name of NAMES) world.start(name);
    await world.drain();
    world.bit(`directories with local state changed hands (${changed} files)`, changed >= ROUNDS);
    const restored = world.allEventsOf('state.restored');
    const local = restored.filter(({ how, fromOffset }) => how === 'local' && fromOffset > 0).length;
    const old = restored.filter(({ how, fromOffset, atOffset }) => how === 'local' && fromOffset < atOffset).length;
    const rebuilt = restored.filter(({ how }) => how === 'rebuilt').length;
    world.bit(`states were restored from a directory (${local})`, local > 0);
    world.bit(
      `the directory's was older than the checkpoint (${old}), or there was none (${rebuilt})`,
      old + rebuilt > 3,
    );
    const claims = await world.count('SELECT MIN(epoch) FROM `{dataset}.partition_ownership`');
    world.bit(`every partition was taken over in most rounds (${claims} times at least)`, claims > ROUNDS / 2);
  },
});

/** Returns how many files of local state changed hands. */
async function killAndSwap(world: ScenarioWorld): Promise<number> {
  let changed = 0;
  for (let round = 1; round <= ROUNDS; round++) {
    const processors = NAMES.map((name) => world.start(name));
    await Promise.all(processors.map((processor) => processor.waitFor('takeover.running', 180_000)));
    await Promise.race(processors.map((processor) => processor.waitFor('checkpoint.written', 180_000)));
    await world.sleep(world.random.below(600));
    await Promise.all(processors.map((processor) => processor.kill()));
    const files =
      round === COPY_IN_ROUND
        ? await world.checkpointFolders.copy(...NAMES)
        : await world.checkpointFolders.swap(...NAMES);
    world.bit(`round ${round}: ${files} files of state changed hands`, files > 0);
    changed += files;
  }
  return changed;
}
