/**
 * Remembers payments that a copy may be made of, in bounded memory: the last few thousand for near and far copies, and
 * per partition a thinned queue in event time for copies at the watermark's edge.
 */
import type { SimulatedPayment } from './event.ts';
import type { CopyDistance, SimulationPlan } from './plan.ts';
import type { Random } from './random.ts';

export interface Original {
  readonly seq: number;
  readonly partition: number;
  readonly payment: SimulatedPayment;
}

const RECENT_MAX = 8_192;
const NEAR_MAX = 16;
const ACROSS_MIN = 500;
const ACROSS_MAX = 8_000;
/** Edge candidates kept per watermark delay and partition: how close to the edge a copy comes. */
const EDGE_STEPS = 512;

export class CopySource {
  readonly #recent: Original[] = [];
  #recentCount = 0;
  readonly #edges: EdgeQueue[];

  constructor(plan: SimulationPlan) {
    const stepMs = Math.max(1, Math.floor(plan.watermarkDelayMs / EDGE_STEPS));
    this.#edges = Array.from({ length: plan.partitions }, () => new EdgeQueue(stepMs));
  }

  remember(original: Original): void {
    this.#recent[this.#recentCount++ % RECENT_MAX] = original;
    this.#edges[original.partition]!.add(original);
  }

  /** An original at this distance; if there is none yet, of the nearest kind available; undefined at the very start. */
  pick(
    distance: CopyDistance,
    random: Random,
    watermarkOf: (partition: number) => number,
  ): { original: Original; distance: CopyDistance } | undefined {
    if (distance === 'inside' || distance === 'past') {
      const partition = random.below(this.#edges.length);
      const original = this.#edges[partition]!.take(distance, watermarkOf(partition));
      if (original) return { original, distance };
    }
    if (distance === 'across' && this.#recentCount > ACROSS_MIN) {
      const room = Math.min(this.#recentCount, ACROSS_MAX) - ACROSS_MIN;
      return { original: this.#back(ACROSS_MIN + random.below(room)), distance };
    }
    if (this.#recentCount === 0) return undefined;
    return { original: this.#back(random.below(Math.min(this.#recentCount, NEAR_MAX))), distance: 'near' };
  }

  #back(steps: number): Original {
    return this.#recent[(this.#recentCount - 1 - steps) % RECENT_MAX]!;
  }
}

/** Payments of one partition at least `stepMs` of event time apart, oldest first. */
class EdgeQueue {
  readonly #stepMs: number;
  #queue: Original[] = [];
  #head = 0;
  #lastPast: Original | undefined;

  constructor(stepMs: number) {
    this.#stepMs = stepMs;
  }

  add(original: Original): void {
    const newest = this.#queue.at(-1);
    if (newest && original.payment.eventTimeMs < newest.payment.eventTimeMs + this.#stepMs) return;
    this.#queue.push(original);
  }

  take(side: 'inside' | 'past', watermarkMs: number): Original | undefined {
    for (; this.#head < this.#queue.length; this.#head++) {
      const oldest = this.#queue[this.#head]!;
      if (oldest.payment.eventTimeMs >= watermarkMs) break;
      this.#lastPast = oldest;
    }
    if (this.#head > 1_024) {
      this.#queue = this.#queue.slice(this.#head);
      this.#head = 0;
    }
    if (side === 'past') return this.#lastPast;
    // Only once something has passed the edge: before that, an "inside" copy would be any copy.
    return this.#lastPast && this.#queue[this.#head];
  }
}
