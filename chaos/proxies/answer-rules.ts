/**
 * Which of many answers a fault is meant for, for the proxies that look at whole requests. Every rule counts every request
 * that it is about, also one that another rule has; where several mean the same request, the first has it.
 *
 * Invariant: a rule that meant a request and could not hurt it (another rule had it, or its call ended before) means the
 * next one instead. So each rule hits as often as it says, if enough requests come.
 */
import { type Nth, NthRule } from './nth-rule.ts';

export interface AnswerRule<Fault> {
  /** Counts requests. */
  readonly which: Nth;
  readonly fault: Fault;
  /** At each hit, when its effect is certain. */
  readonly onHit?: () => void;
}

/** A fault on its way to one request. Exactly one of the two is called. */
export interface MeantFault<Fault> {
  readonly fault: Fault;
  /** Its effect is certain. */
  hit(): void;
  /** It has none. */
  missed(): void;
}

interface Live<Rule> {
  readonly rule: Rule;
  readonly counter: NthRule;
  /** Requests that were meant and missed. */
  owed: number;
}

export class AnswerRules<Fault, Rule extends AnswerRule<Fault>> {
  readonly #live = new Set<Live<Rule>>();

  /** Counted from now on, until its last hit or until it is taken away. */
  add(rule: Rule): { stop(): void } {
    const live = { rule, counter: new NthRule(rule.which), owed: 0 };
    this.#live.add(live);
    return { stop: () => void this.#live.delete(live) };
  }

  clear(): void {
    this.#live.clear();
  }

  /** Asked once per request, in their order. */
  meant(isAbout: (rule: Rule) => boolean): MeantFault<Fault> | undefined {
    const hits = [...this.#live].filter((live) => isAbout(live.rule) && isNext(live));
    const [first, ...others] = hits;
    for (const other of others) other.owed++;
    return first === undefined ? undefined : this.#meantBy(first);
  }

  #meantBy(live: Live<Rule>): MeantFault<Fault> {
    return {
      fault: live.rule.fault,
      hit: () => {
        live.rule.onHit?.();
      },
      missed: () => {
        live.owed++;
      },
    };
  }
}

function isNext<Rule>(live: Live<Rule>): boolean {
  if (live.counter.isNext()) return true;
  if (live.owed === 0) return false;
  live.owed--;
  return true;
}
