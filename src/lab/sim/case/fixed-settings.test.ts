/** Settings that are fixed for a partition (processor/fixed-settings.ts), changed at a restart of a whole processor. */
import { expect, it } from 'vitest';
import { Processor } from '../../../processor/processor.ts';
import type { SeedSettings } from '../../../processor/settings.ts';
import { elapse } from '../testing.ts';
import { createWorld } from '../world/create-world.ts';
import { processorPorts, processorSettings } from '../world/processor-main.ts';

/** What a processor warns of, in a first life with the settings as they are and a second one with the change. */
async function warnings(change: Partial<SeedSettings>): Promise<string[][]> {
  const world = createWorld({ seed: 1, partitions: 2 });
  const said: string[][] = [[], []];
  const process = world.spawn('a', (ports) => {
    const life = ports.life.number - 1;
    const settings = processorSettings(ports.name, {});
    const observer = {
      emit: (event: { readonly type: string; readonly detail?: unknown }) => {
        if (event.type === 'log.warning') said[life]!.push(String(event.detail));
      },
    };
    const seed = { ...settings.seed, ...(life === 0 ? {} : change) };
    return new Processor({ ...settings, seed }, processorPorts(ports, { observer })).run(ports.stopSignal);
  });
  await elapse(world, 20_000);
  process.stop();
  await elapse(world, 30_000);
  process.start();
  await elapse(world, 20_000);
  return said;
}

it('are warned of at the start, once, with both values; there is no warning where they are the same', async () => {
  expect(await warnings({ windowMs: 120_000 })).toEqual([
    [],
    [expect.stringMatching(/^METRICS_WINDOW is 2m, but partitions 0, 1 were first seen with 1m\./)],
  ]);
  expect(await warnings({})).toEqual([[], []]);
});
