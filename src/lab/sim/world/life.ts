/**
 * One life of a simulated process, from its start to its crash or end. Everything that comes to it (answers, timers) goes
 * through `deliver`, everything it asks goes through `call`.
 * Invariants: (1) after its death nothing is delivered, ever, and nothing it asks has an effect: its continuations are
 * never run again; (2) while paused, deliveries wait, in order, and what was sent before lives on.
 */
import type { SimContext } from './context.ts';

export class Life {
  readonly process: string;
  /** From 1: which life of the process this is. */
  readonly number: number;
  readonly context: SimContext;
  #state: 'running' | 'paused' | 'dead' = 'running';
  #wasPaused = false;
  readonly #held: (() => void)[] = [];
  readonly #onChange: ((state: 'running' | 'paused' | 'dead') => void)[] = [];

  constructor(process: string, number: number, context: SimContext) {
    this.process = process;
    this.number = number;
    this.context = context;
  }

  get state(): 'running' | 'paused' | 'dead' {
    return this.#state;
  }

  get dead(): boolean {
    return this.#state === 'dead';
  }

  /** Whether it was ever paused. */
  get wasPaused(): boolean {
    return this.#wasPaused;
  }

  /** Told on every pause, resume and death. */
  onChange(listener: (state: 'running' | 'paused' | 'dead') => void): void {
    this.#onChange.push(listener);
  }

  /** Runs the action in the process: now, or when it is resumed, or never. Order is kept. */
  deliver(action: () => void): void {
    if (this.#state === 'running' && this.#held.length === 0) action();
    else if (!this.dead) this.#held.push(action);
  }

  /**
   * A request: `send` starts it and settles it later, through `deliver`. In a dead process nothing is sent and the promise
   * never settles.
   */
  call<T>(send: (resolve: (value: T) => void, reject: (error: Error) => void) => void): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.dead) return;
      send(
        (value) => this.deliver(() => resolve(value)),
        (error) => this.deliver(() => reject(error)),
      );
    });
  }

  /**
   * Passes a named point. Undefined where the process continues; else a promise to be awaited: settled when it is resumed, or
   * never, if the point was fatal.
   */
  pass(point: string): Promise<void> | undefined {
    if (!this.dead) this.context.faults.pass(point, this.process);
    return this.#state === 'running' ? undefined : new Promise<void>((resolve) => this.deliver(resolve));
  }

  pause(): void {
    if (this.#state !== 'running') return;
    this.#wasPaused = true;
    this.#change('paused');
  }

  resume(): void {
    if (this.#state !== 'paused') return;
    this.#change('running');
    if (this.#held.length > 0) this.context.scheduler.after(0, () => this.#deliverHeld());
  }

  /** kill -9. */
  kill(): void {
    if (this.dead) return;
    this.#held.length = 0;
    this.#change('dead');
  }

  /** Each held delivery is an event of its own: what one sets off settles before the next. */
  #deliverHeld(): void {
    if (this.#state !== 'running') return;
    this.#held.shift()?.();
    if (this.#held.length > 0) this.context.scheduler.after(0, () => this.#deliverHeld());
  }

  #change(state: 'running' | 'paused' | 'dead'): void {
    this.#state = state;
    for (const listener of this.#onChange) listener(state);
  }
}
