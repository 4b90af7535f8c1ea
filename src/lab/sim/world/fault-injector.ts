/**
 * Counts points and records, fires each planned fault when it is due, and draws the noise. `strike` carries a fault out
 * (world-faults.ts). Invariant: each planned fault fires at most once, and `fired` lists those that did, in order.
 */
import type { SimFault } from '../../fault.ts';
import { type AnswerEffect, EFFECTS_OF, type Operation } from '../case/answers.ts';
import type { Noise } from '../case/noise.ts';
import type { Rng } from './rng.ts';

/** What goes wrong with one request. */
export interface Injected {
  readonly effect: AnswerEffect;
  readonly delayMs: number;
}

/** Carries out a fault that is due; `process` is who passed the point, where there is one. */
export type Strike = (fault: SimFault, process: string | undefined) => void;

const LATE_MS_MAX = 30_000;

export class FaultInjector {
  readonly fired: SimFault[] = [];
  /** Virtual times of those, in ms; set by the world. */
  readonly firedAtMs: number[] = [];
  /** Planned faults that struck while there was work; counted by the world. */
  overlapping = 0;
  /** How often each effect struck, planned or noise, as `append:lost_after`. */
  readonly effects = new Map<string, number>();
  /** What the noise did to answers, as faults that would do the same: a plan with these needs no noise. */
  readonly drawn: SimFault[] = [];
  /** How often each point was passed, by all processes together. */
  readonly points = new Map<string, number>();
  readonly #byPoint = new Map<string, SimFault[]>();
  readonly #byRecords: SimFault[] = [];
  readonly #hitsByProcess = new Map<string, number>();
  readonly #rng: Rng;
  readonly #strike: Strike;
  #noise: Noise;
  #records = 0;
  #healed = false;

  constructor(plan: readonly SimFault[], noise: Noise, rng: Rng, strike: Strike) {
    this.#noise = noise;
    this.#rng = rng;
    this.#strike = strike;
    for (const fault of plan) {
      if (fault.what === 'answer') requireKnownEffect(fault);
      if ('point' in fault.when) {
        const at = this.#byPoint.get(fault.when.point);
        if (at === undefined) this.#byPoint.set(fault.when.point, [fault]);
        else at.push(fault);
      } else if ('records' in fault.when) this.#byRecords.push(fault);
    }
  }

  get noise(): Noise {
    return this.#noise;
  }

  /** From now on neither planned faults nor noise strike. */
  heal(noise: Noise): void {
    this.#healed = true;
    this.#noise = noise;
  }

  get healed(): boolean {
    return this.#healed;
  }

  /** A process passes a named point: a crash point of the processor, or a request leaving or answered. */
  pass(point: string, process: string): void {
    this.#count(point, process);
    for (const fault of this.#due(point, process)) {
      if (fault.what !== 'answer') this.#fire(fault, process);
    }
  }

  /** A request leaves: what will go wrong with it, if anything. Also passes the point of the operation's name. */
  request(operation: Operation, process: string): Injected | undefined {
    this.#count(operation, process);
    let injected: Injected | undefined;
    for (const fault of this.#due(operation, process)) {
      this.#fire(fault, process);
      if (fault.what === 'answer') injected = { effect: fault.effect, delayMs: fault.delayMs ?? this.#lateMs() };
    }
    injected ??= this.#draw(operation);
    if (injected !== undefined) {
      const key = `${operation}:${injected.effect}`;
      this.effects.set(key, (this.effects.get(key) ?? 0) + 1);
    }
    return injected;
  }

  /** Records were handed to a process. */
  handed(records: number): void {
    this.#records += records;
    for (const fault of this.#byRecords) {
      if ('records' in fault.when && fault.when.records <= this.#records && !this.fired.includes(fault)) {
        this.#fire(fault, undefined);
      }
    }
  }

  /** A fault whose time has come (the world keeps the clock). */
  timeCame(fault: SimFault): void {
    this.#fire(fault, undefined);
  }

  #fire(fault: SimFault, process: string | undefined): void {
    if (this.#healed) return;
    this.fired.push(fault);
    this.#strike(fault, process);
  }

  #count(point: string, process: string): void {
    this.points.set(point, (this.points.get(point) ?? 0) + 1);
    if (!this.#byPoint.has(point)) return;
    const key = `${process} ${point}`;
    this.#hitsByProcess.set(key, (this.#hitsByProcess.get(key) ?? 0) + 1);
  }

  #due(point: string, process: string): readonly SimFault[] {
    const planned = this.#byPoint.get(point);
    if (planned === undefined || this.#healed) return [];
    return planned.filter((fault) => {
      if (!('point' in fault.when)) return false;
      const { hit, process: by } = fault.when;
      if (by === undefined) return this.points.get(point) === hit;
      return by === process && this.#hitsByProcess.get(`${process} ${point}`) === hit;
    });
  }

  #draw(operation: Operation): Injected | undefined {
    const chances = this.#noise.effects[operation];
    if (chances === undefined || this.#healed) return undefined;
    let draw = this.#rng.float();
    for (const effect of EFFECTS_OF[operation]) {
      draw -= chances[effect] ?? 0;
      if (draw >= 0) continue;
      const delayMs = this.#lateMs();
      const hit = this.points.get(operation) as number;
      this.drawn.push({ what: 'answer', effect, delayMs, when: { point: operation, hit } });
      return { effect, delayMs };
    }
    return undefined;
  }

  #lateMs(): number {
    return this.#rng.between(100, LATE_MS_MAX);
  }
}

function requireKnownEffect(fault: Extract<SimFault, { what: 'answer' }>): void {
  const known = 'point' in fault.when ? (EFFECTS_OF as Record<string, readonly AnswerEffect[]>)[fault.when.point] : [];
  if (known?.includes(fault.effect)) return;
  throw new RangeError(`fault plan: no such effect at this point: ${JSON.stringify(fault)}`);
}
