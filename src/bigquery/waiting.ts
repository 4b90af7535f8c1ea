/**
 * Waiting for a service that is away: backoff with jitter, said aloud, up to a limit. The limit counts time that was
 * waited, not wall clock time: a clock that jumps must not end a process.
 */
import { Backoff } from '../processor/backoff.ts';
import { UnreachableError } from '../processor/errors.ts';
import type { Runtime } from '../processor/ports.ts';

export interface Waiting {
  readonly service: 'bigquery' | 'bigquery-write';
  /** What is being asked for, as `claim of payments` or `append to payment_transactions`. */
  readonly what: string;
  readonly waitedMs: number;
  /** Message of the last failure. */
  readonly error: string;
}

export interface WaitingObserver {
  readonly onWaiting?: ((waiting: Waiting) => void) | undefined;
  readonly onRecovered?: ((recovered: Pick<Waiting, 'service' | 'what' | 'waitedMs'>) => void) | undefined;
}

export interface WaitLimits {
  readonly backoffMinMs: number;
  readonly backoffMaxMs: number;
  /** UnreachableError after so much waiting without one success. */
  readonly unreachableAfterMs: number;
}

/** The waits between the attempts at one thing. */
export class Patience {
  readonly #runtime: Runtime;
  readonly #limits: WaitLimits;
  readonly #observer: WaitingObserver;
  readonly #service: Waiting['service'];
  readonly #what: string;
  readonly #backoff: Backoff;
  #waitedMs = 0;

  constructor(
    runtime: Runtime,
    limits: WaitLimits,
    observer: WaitingObserver,
    about: { readonly service: Waiting['service']; readonly what: string },
  ) {
    this.#runtime = runtime;
    this.#limits = limits;
    this.#observer = observer;
    this.#service = about.service;
    this.#what = about.what;
    this.#backoff = new Backoff(runtime, limits.backoffMinMs, limits.backoffMaxMs);
  }

  /** Waits before the next attempt. `spentMs` is what the failed attempt took, where it ended by a deadline. */
  async wait(error: Error, spentMs = 0, signal?: AbortSignal): Promise<void> {
    this.#waitedMs += spentMs;
    if (this.#waitedMs >= this.#limits.unreachableAfterMs) {
      throw new UnreachableError(
        `${this.#service}: no success with ${this.#what} for ${Math.round(this.#waitedMs / 1000)} s; ` +
          `last error: ${error.message}. Check the service, its quotas and the network, then start again`,
        { cause: error },
      );
    }
    this.#observer.onWaiting?.({
      service: this.#service,
      what: this.#what,
      waitedMs: this.#waitedMs,
      error: error.message,
    });
    const pauseMs = this.#backoff.nextMs();
    await this.#runtime.sleep(pauseMs, signal);
    this.#waitedMs += pauseMs;
  }

  /** An attempt succeeded. */
  success(): void {
    if (this.#waitedMs > 0) {
      this.#observer.onRecovered?.({ service: this.#service, what: this.#what, waitedMs: this.#waitedMs });
    }
    this.#waitedMs = 0;
    this.#backoff.reset();
  }
}
