/** Waits for the moments that fault plans name: an event of a processor, so much acknowledged, so much time. */
import type { FaultWhen } from '../../../chaos/fault.ts';
import type { Runtime } from '../../base/runtime.ts';

const LOOK_EVERY_MS = 20;

interface Waiting {
  readonly event: string;
  readonly processor: string | undefined;
  left: number;
  readonly resolve: () => void;
}

export class Moments {
  readonly #runtime: Pick<Runtime, 'sleep'>;
  readonly #acknowledged: () => number;
  readonly #waiting = new Set<Waiting>();

  constructor(runtime: Pick<Runtime, 'sleep'>, acknowledged: () => number) {
    this.#runtime = runtime;
    this.#acknowledged = acknowledged;
  }

  onEvent(processor: string, type: string): void {
    for (const each of this.#waiting) {
      if (each.event !== type || (each.processor ?? processor) !== processor || --each.left > 0) continue;
      this.#waiting.delete(each);
      each.resolve();
    }
  }

  /** Counts from now on. Rejects with the signal's reason. */
  async reached(when: FaultWhen, signal: AbortSignal): Promise<void> {
    if ('afterMs' in when) return this.#runtime.sleep(when.afterMs, signal);
    if ('acknowledged' in when) {
      while (this.#acknowledged() < when.acknowledged) await this.#runtime.sleep(LOOK_EVERY_MS, signal);
      return;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiting: Waiting = { event: when.event, processor: when.processor, left: when.nth ?? 1, resolve };
    this.#waiting.add(waiting);
    signal.addEventListener('abort', () => {
      this.#waiting.delete(waiting);
      reject(signal.reason);
    });
    return promise;
  }
}
