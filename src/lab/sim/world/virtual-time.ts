/**
 * Virtual time: a queue of what is pending, in the order of its time, with ties broken by a seeded draw. One pending action
 * runs, then every microtask that it set off, then the next: so the code under test, which uses real promises, has settled
 * before time advances.
 * Invariants: (1) time never goes back; (2) no action runs while a microtask is waiting; (3) the order of actions is a
 * function of the seed and of what was scheduled, never of real time.
 */
import type { Rng } from './rng.ts';

/** A pending action; hand it back to cancel(). */
export interface Pending {
  readonly timeMs: number;
  readonly tie: number;
  /** Breaks a tie of ties; order of scheduling. */
  readonly sequence: number;
  action: (() => void) | undefined;
}

/** How a run ended: `deadlock` means that nothing was pending although it was not done. */
export type RunEnd = 'done' | 'deadlock' | 'out_of_steps' | 'out_of_time';

export interface RunLimits {
  readonly maxSteps: number;
  /** Virtual time, from the start of the world. */
  readonly maxMs: number;
}

export class Scheduler {
  readonly #rng: Rng;
  readonly #heap: Pending[] = [];
  #sequence = 0;
  #nowMs = 0;
  #steps = 0;

  constructor(rng: Rng) {
    this.#rng = rng;
  }

  /** Virtual milliseconds since the world began. */
  get nowMs(): number {
    return this.#nowMs;
  }

  /** Actions run so far. */
  get steps(): number {
    return this.#steps;
  }

  /** Runs `action` after `delayMs` (whole, at least 0). */
  after(delayMs: number, action: () => void): Pending {
    const pending: Pending = {
      timeMs: this.#nowMs + Math.max(0, Math.ceil(delayMs)),
      tie: this.#rng.next(),
      sequence: this.#sequence++,
      action,
    };
    this.#push(pending);
    return pending;
  }

  cancel(pending: Pending): void {
    pending.action = undefined;
  }

  /** Runs pending actions until `isDone()` holds between two of them. Rejects with what an action throws. */
  async run(isDone: () => boolean, limits: RunLimits): Promise<RunEnd> {
    for (;;) {
      await microtasksDrained();
      if (isDone()) return 'done';
      const pending = this.#pop();
      if (pending === undefined) return 'deadlock';
      if (pending.timeMs > limits.maxMs) {
        this.#push(pending);
        return 'out_of_time';
      }
      if (++this.#steps > limits.maxSteps) return 'out_of_steps';
      this.#nowMs = pending.timeMs;
      pending.action?.();
    }
  }

  #push(pending: Pending): void {
    const heap = this.#heap;
    let at = heap.push(pending) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!comesBefore(pending, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = pending;
  }

  /** The next that was not cancelled. */
  #pop(): Pending | undefined {
    for (;;) {
      const first = this.#heap[0];
      const last = this.#heap.pop();
      if (first === undefined || last === undefined) return undefined;
      if (first !== last) this.#sinkFromTop(last);
      if (first.action !== undefined) return first;
    }
  }

  #sinkFromTop(pending: Pending): void {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && comesBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!comesBefore(heap[child]!, pending)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = pending;
  }
}

function comesBefore(a: Pending, b: Pending): boolean {
  if (a.timeMs !== b.timeMs) return a.timeMs < b.timeMs;
  return a.tie !== b.tie ? a.tie < b.tie : a.sequence < b.sequence;
}

/**
 * Resolves when no microtask is left. Node runs its nextTick queue only after the microtask queue is empty when the tick
 * was asked for from within a microtask, which a continuation of an async function is. 0.3 microseconds, against 1.7 for
 * a turn by setImmediate.
 */
async function microtasksDrained(): Promise<void> {
  await null;
  await new Promise<void>((resolve) => process.nextTick(resolve));
}
