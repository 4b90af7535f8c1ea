/**
 * Waits for the moment that a planned fault names: an event of a processor, a number of records acknowledged or folded, a
 * time. Events and times count from when a fault starts to wait, records from when the world began.
 */
import type { RealWhen } from '../../../chaos/fault.ts';
import type { Runtime } from '../../base/runtime.ts';
import type { ProcessorEvent } from '../../processor/events.ts';

const LOOK_EVERY_MS = 20;

interface Waiting {
  readonly event: string;
  readonly process: string | undefined;
  left: number;
  readonly resolve: () => void;
}

export class FaultTriggers {
  readonly #runtime: Pick<Runtime, 'sleep'>;
  readonly #acknowledged: () => number;
  readonly #waiting = new Set<Waiting>();
  #folded = 0;

  /** `acknowledged`: records that Kafka has acknowledged so far. */
  constructor(runtime: Pick<Runtime, 'sleep'>, acknowledged: () => number) {
    this.#runtime = runtime;
    this.#acknowledged = acknowledged;
  }

  /** To be called with every event of every processor. */
  onEvent(process: string, event: ProcessorEvent): void {
    if (event.type === 'batch.folded') this.#folded += event.records;
    for (const each of this.#waiting) {
      if (each.event !== event.type || (each.process ?? process) !== process || --each.left > 0) continue;
      this.#waiting.delete(each);
      each.resolve();
    }
  }

  /** Rejects with the signal's reason. */
  async reached(when: RealWhen, signal: AbortSignal): Promise<void> {
    if ('afterMs' in when) return this.#runtime.sleep(when.afterMs, signal);
    if ('acknowledged' in when) return this.#until(() => this.#acknowledged() >= when.acknowledged, signal);
    if ('records' in when) return this.#until(() => this.#folded >= when.records, signal);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiting: Waiting = { event: when.event, process: when.process, left: when.nth ?? 1, resolve };
    this.#waiting.add(waiting);
    signal.addEventListener('abort', () => {
      this.#waiting.delete(waiting);
      reject(signal.reason);
    });
    return promise;
  }

  async #until(holds: () => boolean, signal: AbortSignal): Promise<void> {
    while (!holds()) await this.#runtime.sleep(LOOK_EVERY_MS, signal);
  }
}
