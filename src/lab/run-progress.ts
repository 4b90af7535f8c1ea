/**
 * What is happening now in a suite of runs: news as lines, and on a terminal one line at the bottom that
 * says of each running scenario what it has sent, what is checkpointed, and what is broken at the moment.
 */
import type { ScenarioReport } from './scenario.ts';

/** How far a run is. */
export interface RunState {
  readonly sent: number;
  readonly checkpointed: number;
  /** Faults that are active. */
  readonly broken: readonly string[];
}

/** One run, as it reports itself. */
export interface RunWatch {
  news(text: string): void;
  /** Asked again and again until the end. */
  follow(state: () => RunState): void;
  end(report: Pick<ScenarioReport, 'verdict' | 'problems'>): void;
}

export interface RunProgressOptions {
  /** One line, which stays. */
  readonly say: (line: string) => void;
  /** The line at the bottom, which the next one takes the place of. Undefined: no terminal, lines only. */
  readonly showStatus?: ((line: string) => void) | undefined;
  readonly nowMs: () => number;
}

interface Running {
  readonly name: string;
  readonly startedMs: number;
  state: (() => RunState) | undefined;
}

export class RunProgress {
  readonly #options: RunProgressOptions;
  readonly #running = new Set<Running>();

  constructor(options: RunProgressOptions) {
    this.#options = options;
  }

  begin(name: string, title: string): RunWatch {
    const running: Running = { name, startedMs: this.#options.nowMs(), state: undefined };
    this.#running.add(running);
    const since = (): string => `${((this.#options.nowMs() - running.startedMs) / 1000).toFixed(1).padStart(5)} s`;
    this.news(name, title);
    return {
      news: (text) => this.news(name, `${since()}  ${text}`),
      follow: (state) => {
        running.state = state;
      },
      end: ({ verdict, problems }) => {
        this.#running.delete(running);
        this.news(name, `${since()}  ${verdict}`);
        for (const problem of problems) this.news(name, `         ${problem}`);
      },
    };
  }

  news(who: string, text: string): void {
    this.#options.say(`${who}: ${text}`);
    this.refresh();
  }

  /** Draws the line at the bottom again. Nothing to do without a terminal. */
  refresh(): void {
    this.#options.showStatus?.([...this.#running].map(stateText).join('  |  '));
  }
}

function stateText({ name, state }: Running): string {
  if (state === undefined) return `${name}: starting`;
  const { sent, checkpointed, broken } = state();
  return `${name}: ${sent} sent, ${checkpointed} checkpointed${broken.length > 0 ? `, now: ${broken.join('; ')}` : ''}`;
}
