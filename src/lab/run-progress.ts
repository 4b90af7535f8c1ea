/**
 * What is happening now, for whoever watches a suite of runs: news as lines, and on a terminal one line at the bottom that
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
  readonly write: (text: string) => void;
  readonly nowMs: () => number;
  /** Undefined: no terminal, lines only. */
  readonly columns: number | undefined;
}

interface Running {
  readonly name: string;
  readonly startedMs: number;
  state: (() => RunState) | undefined;
}

const CLEAR_LINE = '\r\x1b[K';

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
    const { columns, write } = this.#options;
    write(`${columns === undefined ? '' : CLEAR_LINE}${who}: ${text}\n`);
    this.refresh();
  }

  /** Draws the line at the bottom again. Nothing to do without a terminal. */
  refresh(): void {
    const { columns, write } = this.#options;
    if (columns === undefined) return;
    const states = [...this.#running].map(stateText).join('  |  ');
    write(`${CLEAR_LINE}${states.slice(0, columns - 1)}`);
  }
}

function stateText({ name, state }: Running): string {
  if (state === undefined) return `${name}: starting`;
  const { sent, checkpointed, broken } = state();
  return `${name}: ${sent} sent, ${checkpointed} checkpointed${broken.length > 0 ? `, now: ${broken.join('; ')}` : ''}`;
}
