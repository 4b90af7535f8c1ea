/**
 * The faults of one run, with their times and counts for its artifacts. A planned fault waits for its moment, fires, lasts and
 * is healed. What a story does itself (a kill, a pause) is recorded beside them.
 *
 * The account of a planned fault (fault-account.ts) decides whether the run counts. For what a story did itself, its bits
 * decide.
 */
import type { AppliedFault } from '../../../chaos/applied-fault.ts';
import { applyFault } from '../../../chaos/apply-fault.ts';
import type { ChaosTarget } from '../../../chaos/chaos-target.ts';
import { faultText, type PlannedFault, type RealWhen } from '../../../chaos/fault.ts';
import type { Runtime } from '../../base/runtime.ts';
import type { FaultRecord } from '../artifacts.ts';
import type { FaultByHand, InjectedFault } from '../scenario.ts';
import { within } from '../time-limit.ts';
import { accountOf, ownRecordsOf, type RunHistory } from './fault-account.ts';

export interface FaultBookOptions {
  readonly runtime: Pick<Runtime, 'nowMs' | 'sleep'>;
  readonly target: ChaosTarget;
  /** Resolves at the plan's moment; rejects when the signal is aborted. */
  readonly moment: (when: RealWhen, signal: AbortSignal) => Promise<void>;
  /** Called when a fault fires and when it is healed. */
  readonly onChange?: (text: string) => void;
  /** How far the run is, for the error of a fault that does not fire. */
  readonly soFar?: () => string;
}

/** From planning a fault to its first effect, and for undoing it. */
const FIRES_WITHIN_MS = 60_000;
const HEALS_WITHIN_MS = 60_000;

type Facts = Omit<FaultRecord, 'inFlightRecords' | 'progressDuring' | 'progressAfter' | 'counts'>;

interface Entry {
  facts: Facts;
  readonly isPlanned: boolean;
  counts: () => Readonly<Record<string, number>>;
}

export class FaultBook {
  readonly #options: FaultBookOptions;
  readonly #entries: Entry[] = [];
  readonly #injected: Injected[] = [];
  readonly #over = new AbortController();

  constructor(options: FaultBookOptions) {
    this.#options = options;
  }

  /** Faults that have fired and are not healed, as text. */
  get active(): string[] {
    return this.#entries.flatMap(({ facts: { firedAtMs, healedAtMs, text } }) =>
      firedAtMs !== null && healedAtMs === null ? [text] : [],
    );
  }

  plan(plan: PlannedFault): InjectedFault {
    const process = 'process' in plan ? (plan.process ?? null) : null;
    const entry = this.#add(plan.what, faultText(plan), process, { ...plan }, true);
    const injected = new Injected(plan, entry, this.#options, this.#over.signal);
    this.#injected.push(injected);
    return injected;
  }

  /** A planned fault that a story does itself: the story calls `fired` and `healed`. */
  planByHand(fault: string, text: string, plan: FaultRecord['plan'], processor: string | null): FaultByHand {
    const entry = this.#add(fault, text, processor, { ...plan, what: fault }, true);
    const nowMs = (): number => this.#options.runtime.nowMs();
    return {
      fired: () => {
        entry.facts = { ...entry.facts, firedAtMs: nowMs() };
        this.#options.onChange?.(`fault: ${text}`);
      },
      healed: () => {
        entry.facts = { ...entry.facts, healedAtMs: nowMs() };
        this.#options.onChange?.(`healed: ${text}`);
      },
    };
  }

  /** Records what a story did itself, just now. Call the result when it is undone. */
  note(fault: string, text: string, processor: string | null): () => void {
    const entry = this.#add(fault, text, processor, { what: fault }, false);
    entry.facts = { ...entry.facts, firedAtMs: this.#options.runtime.nowMs() };
    return () => {
      entry.facts = { ...entry.facts, healedAtMs: this.#options.runtime.nowMs() };
    };
  }

  /** Heals what is broken; what has not fired will not fire. */
  async heal(): Promise<void> {
    this.#over.abort();
    const failed = (await Promise.allSettled(this.#injected.map((each) => each.end()))).filter(
      (result) => result.status === 'rejected',
    );
    if (failed.length > 0)
      throw new AggregateError(
        failed.map(({ reason }) => reason),
        `not healed: ${failed[0]?.reason}`,
      );
  }

  /** All, with their accounts. */
  records(history: RunHistory): FaultRecord[] {
    return this.#entries.map((entry) => recordOf(entry, history));
  }

  /** Those whose account decides whether the run counts. */
  plannedRecords(history: RunHistory): FaultRecord[] {
    return this.#entries.filter(({ isPlanned }) => isPlanned).map((entry) => recordOf(entry, history));
  }

  #add(fault: string, text: string, processor: string | null, plan: FaultRecord['plan'], isPlanned: boolean): Entry {
    const id = `f${this.#entries.length + 1}`;
    const plannedAtMs = this.#options.runtime.nowMs();
    const facts = { id, fault, plan, text, processor, plannedAtMs, firedAtMs: null, healedAtMs: null };
    const entry: Entry = { facts, isPlanned, counts: () => ({}) };
    this.#entries.push(entry);
    return entry;
  }
}

function recordOf({ facts, counts }: Entry, history: RunHistory): FaultRecord {
  const own = ownRecordsOf(facts.fault, facts.plan);
  return { ...facts, counts: counts(), ...accountOf(facts.firedAtMs, facts.healedAtMs, history, own) };
}

/** One planned fault: it waits, fires, lasts, and is healed. */
class Injected implements InjectedFault {
  readonly fired: Promise<void>;
  readonly healed: Promise<void>;
  readonly #healed = Promise.withResolvers<void>();
  readonly #entry: Entry;
  readonly #options: FaultBookOptions;
  #applied: AppliedFault | undefined;
  #ending: Promise<void> | undefined;

  constructor(plan: PlannedFault, entry: Entry, options: FaultBookOptions, over: AbortSignal) {
    this.#entry = entry;
    this.#options = options;
    this.fired = this.#fire(plan, over);
    this.healed = this.#healed.promise;
    // A story that awaits neither sees the failure in the account.
    this.fired.then(() => this.#last(plan)).catch((error: unknown) => this.#healed.reject(error));
    this.healed.catch(() => {});
  }

  /** Undoes it now. */
  heal(): Promise<void> {
    this.#ending ??= this.#undo();
    return this.#ending;
  }

  /** At the end of the story, in any state. */
  async end(): Promise<void> {
    if (this.#applied !== undefined) await this.heal();
  }

  async #fire(plan: PlannedFault, over: AbortSignal): Promise<void> {
    const { runtime, onChange } = this.#options;
    const { text } = this.#entry.facts;
    const ended = new AbortController();
    const giveUp = (): void => ended.abort(new Error(`${text} did not fire before the story was over`));
    over.addEventListener('abort', giveUp, { once: true });
    try {
      await within(runtime, FIRES_WITHIN_MS, this.#strike(plan, ended.signal), () => this.#missing(plan));
    } catch (error) {
      ended.abort(error);
      throw error;
    } finally {
      over.removeEventListener('abort', giveUp);
    }
    this.#entry.facts = { ...this.#entry.facts, firedAtMs: runtime.nowMs() };
    onChange?.(`fault: ${text}`);
    if (this.#applied?.isOver) await this.heal();
  }

  /** Resolves when it has taken effect; rejects with the signal's reason. */
  async #strike({ when, ...plan }: PlannedFault, signal: AbortSignal): Promise<void> {
    if (when !== undefined) await this.#options.moment(when, signal);
    signal.throwIfAborted();
    const applied = await applyFault(plan, this.#options.target);
    this.#applied = applied;
    this.#entry.counts = () => applied.counts();
    const given = Promise.withResolvers<never>();
    const giveUp = (): void => given.reject(signal.reason);
    signal.addEventListener('abort', giveUp, { once: true });
    if (signal.aborted) giveUp();
    await Promise.race([applied.hit, given.promise]);
    signal.removeEventListener('abort', giveUp);
  }

  /** Why it has not fired. */
  #missing({ when }: PlannedFault): string {
    const { text } = this.#entry.facts;
    const waitsFor =
      this.#applied === undefined
        ? `its moment did not come (${JSON.stringify(when ?? 'at once')})`
        : `it is armed and has hurt nothing (${JSON.stringify(this.#entry.counts())})`;
    const soFar = this.#options.soFar?.();
    return `${text} did not fire: ${waitsFor}${soFar === undefined ? '' : `; ${soFar}`}`;
  }

  async #last({ forMs }: PlannedFault): Promise<void> {
    if (forMs === undefined) return;
    await this.#options.runtime.sleep(forMs);
    await this.heal();
  }

  async #undo(): Promise<void> {
    const { runtime } = this.#options;
    const undone = Promise.resolve(this.#applied?.heal());
    await within(runtime, HEALS_WITHIN_MS, undone, () => `${this.#entry.facts.text} is not healed`);
    // Later faults of its kind count for themselves.
    const counts = this.#entry.counts();
    this.#entry.counts = () => counts;
    const { facts } = this.#entry;
    if (facts.firedAtMs === null) return;
    this.#entry.facts = { ...facts, healedAtMs: this.#options.runtime.nowMs() };
    if (!this.#applied?.isOver) this.#options.onChange?.(`healed: ${facts.text}`);
    this.#healed.resolve();
  }
}
