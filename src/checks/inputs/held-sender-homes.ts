/** Where senders were first seen, in memory: for worlds that are small. */
import type { SenderHomes } from './verify-inputs.ts';

export class HeldSenderHomes implements SenderHomes {
  readonly #homes = new Map<string, number>();

  homeOf(partitions: number, sender: string, partition: number): number {
    const key = `${partitions} ${sender}`;
    const home = this.#homes.get(key);
    if (home === undefined) this.#homes.set(key, partition);
    return home ?? partition;
  }
}
