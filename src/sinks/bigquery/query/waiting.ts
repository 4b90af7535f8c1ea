/**
 * Waits for a service that is away: backoff with jitter, each wait reported to the observer, up to a limit. The limit
 * counts from the first failure in a row and includes the attempts. It uses the monotonic clock: setting the time ends
 * no process.
 */
import { Backoff } from '../../../base/backoff.ts';
import { UnreachableError } from '../../../base/errors.ts';
import type { Runtime } from '../../../base/runtime.ts';
import { spanText } from '../../../base/span-text.ts';

export interface Waiting {
  readonly service: 'bigquery' | 'bigquery-write' | 'delta';
  /** The request, such as `claim of payments` or `append to payment_transactions`. */
  readonly what: string;
  readonly waitedMs: number;
  /** Gives up after this wait. */
  readonly limitMs: number;
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
  /** UnreachableError after this time without a success. */
  readonly unreachableAfterMs: number;
}

/** The waits between the attempts at one thing. */
export class Patience {
  readonly #runtime: Runtime;
  readonly #limits: WaitLimits;
  readonly #observer: WaitingObserver;
  readonly #service: Waiting['service'];
  readonly #what: string;
  readonly #tooLong: ((error: Error) => Error) | undefined;
  readonly #backoff: Backoff;
  /** When the first failure since the last success was seen. */
  #awaySinceMs: number | undefined;

  constructor(
    runtime: Runtime,
    limits: WaitLimits,
    observer: WaitingObserver,
    about: {
      readonly service: Waiting['service'];
      readonly what: string;
      /** Makes the error at the limit; default: an UnreachableError. */
      readonly tooLong?: (error: Error) => Error;
    },
  ) {
    this.#runtime = runtime;
    this.#limits = limits;
    this.#observer = observer;
    this.#service = about.service;
    this.#what = about.what;
    this.#tooLong = about.tooLong;
    this.#backoff = new Backoff(runtime, limits.backoffMinMs, limits.backoffMaxMs);
  }

  /** Waits before the next attempt. */
  async wait(error: Error, signal?: AbortSignal): Promise<void> {
    const nowMs = this.#runtime.monotonicMs();
    this.#awaySinceMs ??= nowMs;
    const waitedMs = nowMs - this.#awaySinceMs;
    if (waitedMs >= this.#limits.unreachableAfterMs) {
      if (this.#tooLong !== undefined) throw this.#tooLong(error);
      throw new UnreachableError(
        `${this.#service}: no success with ${this.#what} for ${spanText(waitedMs)}; ` +
          `last error: ${error.message}. Check the service, its quotas and the network, then start again`,
        { cause: error },
      );
    }
    this.#observer.onWaiting?.({
      service: this.#service,
      what: this.#what,
      waitedMs,
      limitMs: this.#limits.unreachableAfterMs,
      error: error.message,
    });
    await this.#runtime.sleep(this.#backoff.nextMs(), signal);
  }

  /** An attempt succeeded. */
  success(): void {
    if (this.#awaySinceMs !== undefined) {
      const waitedMs = this.#runtime.monotonicMs() - this.#awaySinceMs;
      this.#observer.onRecovered?.({ service: this.#service, what: this.#what, waitedMs });
    }
    this.#awaySinceMs = undefined;
    this.#backoff.reset();
  }
}
