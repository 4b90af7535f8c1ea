/** The broker or the emulator as a scenario may treat it: killed, started again, and healed if the story forgot. */
import type { PartControl } from '../../infra/types.ts';
import type { ScenarioPart } from '../scenario.ts';

export class RealPart implements ScenarioPart {
  readonly #name: string;
  readonly #control: Pick<PartControl, 'kill' | 'start' | 'pause'> | undefined;
  readonly #onKill: () => () => void;
  /** Says that it is healed; set while it is down. */
  #onHealed: (() => void) | undefined;

  /**
   * Without a control every call rejects: others use the part at the same time. `onKill` is called when it is killed, and
   * what that returned when it serves again.
   */
  constructor(
    name: string,
    control: Pick<PartControl, 'kill' | 'start' | 'pause'> | undefined,
    onKill: () => () => void,
  ) {
    this.#name = name;
    this.#control = control;
    this.#onKill = onKill;
  }

  async kill(): Promise<void> {
    await this.#own().kill();
    this.#onHealed ??= this.#onKill();
  }

  /** Without a word to onKill. */
  async killQuietly(): Promise<void> {
    await this.#own().kill();
    this.#onHealed ??= () => {};
  }

  async start(): Promise<void> {
    await this.#own().start();
    this.#onHealed?.();
    this.#onHealed = undefined;
  }

  /** Without a word to onKill; who pauses it continues it. */
  async pause(paused: boolean): Promise<void> {
    await this.#own().pause(paused);
  }

  /** Starts it if it was killed and not started since. */
  async heal(): Promise<void> {
    if (this.#onHealed !== undefined) await this.start();
  }

  #own(): Pick<PartControl, 'kill' | 'start' | 'pause'> {
    if (this.#control !== undefined) return this.#control;
    throw new Error(`the ${this.#name} is shared: a scenario that kills or pauses it must say needsOwnInfra`);
  }
}
