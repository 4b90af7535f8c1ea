/**
 * Gathers questions of one kind into common queries. A query costs the service far more than one partition's answer,
 * and after a rebalance dozens of partitions ask the same at once.
 *
 * Invariant: an answer comes from a query that began after its question was asked.
 */

export interface GatheredReadsOptions<Q, A> {
  /** Answers in the order of the questions. */
  ask(questions: readonly Q[]): Promise<readonly A[]>;
  /** Maximum number of questions in one query. */
  readonly maxTogether: number;
  /** Maximum number of queries in flight. */
  readonly maxUnderWay: number;
}

interface Asked<Q, A> {
  readonly question: Q;
  readonly resolve: (answer: A) => void;
  readonly reject: (error: unknown) => void;
}

export class GatheredReads<Q, A> {
  readonly #options: GatheredReadsOptions<Q, A>;
  readonly #waiting: Asked<Q, A>[] = [];
  #underWay = 0;

  constructor(options: GatheredReadsOptions<Q, A>) {
    this.#options = options;
  }

  ask(question: Q): Promise<A> {
    return new Promise<A>((resolve, reject) => {
      this.#waiting.push({ question, resolve, reject });
      // Questions of the same turn of the event loop share the query.
      setImmediate(() => this.#pump());
    });
  }

  #pump(): void {
    while (this.#waiting.length > 0 && this.#underWay < this.#options.maxUnderWay) {
      this.#underWay += 1;
      void this.#answer(this.#waiting.splice(0, this.#options.maxTogether)).finally(() => {
        this.#underWay -= 1;
        this.#pump();
      });
    }
  }

  async #answer(together: readonly Asked<Q, A>[]): Promise<void> {
    try {
      const answers = await this.#options.ask(together.map(({ question }) => question));
      for (const [i, { resolve }] of together.entries()) resolve(answers[i] as A);
    } catch (error) {
      for (const { reject } of together) reject(error);
    }
  }
}
