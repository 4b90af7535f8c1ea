/** The broker or the emulator as a scenario may treat it: killed, started again, and healed if the story forgot. */
import type { PartControl } from '../../infra/types.ts';
import type { ScenarioPart } from '../scenario.ts';

export class RealPart implements ScenarioPart {
  readonly #name: string;
  readonly #control: Pick<PartControl, 'kill' | 'start'> | undefined;
  #killed = false;

  /** Without a control every call rejects: others use the part at the same time. */
  constructor(name: string, control: Pick<PartControl, 'kill' | 'start'> | undefined) {
    this.#name = name;
    this.#control = control;
  }

  async kill(): Promise<void> {
    await this.#own().kill();
    this.#killed = true;
  }

  async start(): Promise<void> {
    await this.#own().start();
    this.#killed = false;
  }

  /** Starts it if it was killed and not started since. */
  async heal(): Promise<void> {
    if (this.#killed) await this.start();
  }

  #own(): Pick<PartControl, 'kill' | 'start'> {
    if (this.#control !== undefined) return this.#control;
    throw new Error(`the ${this.#name} is shared: a scenario that kills it must say needsOwnInfra`);
  }
}
