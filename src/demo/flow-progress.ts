/** The flow in one line: at most a few times a second on a terminal, seldom where lines are kept. */
import type { ProcessorEvent } from '../processor/events.ts';
import { count } from './text-layout.ts';

const TERMINAL_EVERY_MS = 200;
const LOG_EVERY_MS = 2_000;

export class FlowProgress {
  show: (text: string) => void = () => {};
  readonly #checkpointed = new Map<number, number>();
  #sent = 0;
  #count = 0;
  #now = '';
  #shownAtMs = 0;

  take(event: ProcessorEvent): void {
    if (event.type !== 'checkpoint.written') return;
    this.#checkpointed.set(event.partition, event.counters.consumed);
    this.#render(false);
  }

  sent(sent: number, all: number): void {
    this.#sent = sent;
    this.#count = all;
    this.#render(false);
  }

  /** What happens now; shown at once. */
  say(text: string): void {
    this.#now = text;
    this.#render(true);
  }

  #render(now: boolean): void {
    const nowMs = Date.now();
    if (!now && nowMs - this.#shownAtMs < (process.stdout.isTTY ? TERMINAL_EVERY_MS : LOG_EVERY_MS)) return;
    this.#shownAtMs = nowMs;
    const done = [...this.#checkpointed.values()].reduce((sum, n) => sum + n, 0);
    const flow = `${count(this.#sent)} of ${count(this.#count)} sent, ${count(done)} checkpointed`;
    this.show(this.#now === '' ? flow : `${flow}\n${this.#now}`);
  }
}
