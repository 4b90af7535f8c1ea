/** Makes a simulated world whose faults strike (world-faults.ts). */
import { World, type WorldOptions } from './world.ts';
import { strike } from './world-faults.ts';

export function createWorld(options: WorldOptions): World {
  return new World(options, strike);
}
