/** The simulated disk held to what every state store must do; src/state runs the same suite on journals. */
import { type StoreUnderTest, stateStoreSuite } from '../../local-state/testing/state-store-suite.ts';
import { settled } from '../sim/testing.ts';
import { createWorld } from '../sim/world/create-world.ts';
import type { World } from '../sim/world/world.ts';

function mounted(world: World, name: string): StoreUnderTest {
  const { disk } = world.process(name).boot();
  const discards: { partition: number; why: string }[] = [];
  const noteDiscards = (): void => {
    const said = world.trace.lines.flatMap((line) => [...line.matchAll(/ disk: p(\d+) discarded: (.*)/g)]);
    discards.splice(
      0,
      discards.length,
      ...said.map(([, partition, why]) => ({ partition: Number(partition), why: why! })),
    );
  };
  const run = <T>(promise: Promise<T>): Promise<T> => settled(world, promise).finally(noteDiscards);
  return {
    discards,
    store: {
      load: (partition) => run(disk.load(partition)),
      save: (partition, delta) => run(disk.save(partition, delta)),
      replace: (partition, state) => run(disk.replace(partition, state)),
      discard: (partition, why) => run(disk.discard(partition, why)),
      close: () => disk.close(),
    },
    async reopen() {
      world.process(name).crash();
      return mounted(world, name);
    },
    async dispose() {},
  };
}

stateStoreSuite('simulated', async () => mounted(createWorld({ seed: 1, partitions: 1 }), 'a'));
