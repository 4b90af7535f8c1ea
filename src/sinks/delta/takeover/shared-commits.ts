/**
 * Gathers what several partitions ask of one table at the same time: while one piece of work is in progress, later asks wait and go into the next
 * one together.
 *
 * Invariant: one piece of work at a time, and every ask is in exactly one.
 */
import type { Runtime } from '../../../base/runtime.ts';

interface Waiting<Ask, Answer> {
  readonly ask: Ask;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

export class SharedCommits<Ask, Answer> {
  readonly #runtime: Runtime;
  /** Answers in the order of the asks. */
  readonly #work: (asks: readonly Ask[]) => Promise<readonly Answer[]>;
  #waiting: Waiting<Ask, Answer>[] = [];
  #running = false;

  constructor(runtime: Runtime, work: (asks: readonly Ask[]) => Promise<readonly Answer[]>) {
    this.#runtime = runtime;
    this.#work = work;
  }

  ask(ask: Ask): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ ask, resolve, reject });
      if (this.#running) return;
      this.#running = true;
      void this.#run();
    });
  }

  async #run(): Promise<void> {
    // Partitions that were claimed together ask within one turn of the event loop.
    await this.#runtime.sleep(0);
    while (this.#waiting.length > 0) {
      const round = this.#waiting;
      this.#waiting = [];
      try {
        const answers = await this.#work(round.map(({ ask }) => ask));
        for (const [i, { resolve }] of round.entries()) resolve(answers[i]!);
      } catch (error) {
        for (const { reject } of round) reject(error);
      }
    }
    this.#running = false;
  }
}
