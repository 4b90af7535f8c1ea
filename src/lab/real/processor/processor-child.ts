/**
 * A processor as its own operating-system process, started from a checkout exactly as an operator would start it, and
 * watched through its log lines (one JSON object each, `event` being a ProcessorEvent's type). Its faults are real: kill -9
 * is SIGKILL, a crash point is SIGKILL by its own hand.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { ENTRY, LAUNCH_ENV, NODE_FLAGS } from '../../../base/launch.ts';
import type { ProcessorEvent, ProcessorEventType } from '../../../processor/events.ts';
import { LabError } from '../../lab-error.ts';
import type { CrashAt } from '../../scenario.ts';

export interface ProcessorChildOptions {
  readonly name: string;
  /** Folder of the checkout whose code runs. Default: this one. */
  readonly checkout?: string;
  /** Environment besides PATH and the like: endpoints, dataset, checkpoint location. */
  readonly env: Readonly<Record<string, string>>;
  readonly flags?: readonly string[];
  readonly crashAt?: CrashAt;
  /** Where its output goes, as it came. */
  readonly logPath: string;
  readonly onEvent?: (event: ProcessorEvent, child: ProcessorChild) => void;
  /** The story itself ends, stops or continues it. */
  readonly onSignal?: (signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT', child: ProcessorChild) => void;
  /** It listens for scrapes. */
  readonly onMetricsPort?: (port: number, child: ProcessorChild) => void;
}

export interface ChildExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

type EventOf<T extends ProcessorEventType> = Extract<ProcessorEvent, { type: T }>;

const THIS_CHECKOUT = path.join(import.meta.dirname, '..', '..', '..', '..');
const DIES_WITHIN_MS = 30_000;
/** A graceful stop has a limit of its own, well below. */
const STOPS_WITHIN_MS = 45_000;
/** Events kept for late questions, the frequent ones less long; appends and commits only go to the log. */
const KEPT_EVENTS_MAX = 20_000;
const KEPT_BATCHES_MAX = 5_000;
const NOT_KEPT: ReadonlySet<ProcessorEventType> = new Set(['append.acknowledged', 'offset.committed']);

/** They go with this process, however it ends by itself: nobody would end them, and they would wait for a broker that is gone. */
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

export class ProcessorChild {
  readonly name: string;
  readonly exited: Promise<ChildExit>;
  readonly events: ProcessorEvent[] = [];
  readonly #child: ChildProcess;
  readonly #log: WriteStream;
  readonly #options: ProcessorChildOptions;
  readonly #waiting = new Set<() => void>();
  readonly #tail: string[] = [];
  readonly #counted: { readonly text: string; lines: number }[] = [];
  #batchesKept = 0;
  #exit: ChildExit | undefined;
  #firstRowAtMs: number | undefined;

  private constructor(options: ProcessorChildOptions) {
    this.name = options.name;
    this.#options = options;
    this.#log = createWriteStream(options.logPath, { flags: 'a' });
    const crashAt = options.crashAt;
    const main = path.join(options.checkout ?? THIS_CHECKOUT, ENTRY);
    this.#child = spawn(process.execPath, [...NODE_FLAGS, main, 'process', ...(options.flags ?? [])], {
      env: {
        ...process.env,
        ...LAUNCH_ENV,
        LOG_FORMAT: 'json',
        LOG_LEVEL: 'debug',
        METRICS_PORT: '0',
        ...options.env,
        ...(crashAt === undefined ? {} : { PROVENONCE_CRASH_AT: crashAtText(crashAt) }),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      createInterface({ input: stream }).on('line', (line) => this.#take(line));
    }
    running.add(this.#child);
    this.exited = once(this.#child, 'close').then(([code, signal]) => {
      running.delete(this.#child);
      this.#exit = { code, signal };
      this.#log.end();
      this.#wake();
      return this.#exit;
    });
  }

  static start(options: ProcessorChildOptions): ProcessorChild {
    return new ProcessorChild(options);
  }

  get pid(): number {
    return this.#child.pid ?? -1;
  }

  get running(): boolean {
    return this.#exit === undefined;
  }

  /** The last lines of its output, for error messages. */
  get tail(): string {
    return this.#tail.join('\n');
  }

  eventsOf<T extends ProcessorEventType>(type: T): EventOf<T>[] {
    return this.events.filter((event): event is EventOf<T> => event.type === type);
  }

  /** The first event of that type, seen or to come, that satisfies the condition. Rejects at the limit or at its exit. */
  async waitFor<T extends ProcessorEventType>(
    type: T,
    timeoutMs: number,
    condition: (event: EventOf<T>) => boolean = () => true,
  ): Promise<EventOf<T>> {
    const deadline = AbortSignal.timeout(timeoutMs);
    for (;;) {
      const found = this.eventsOf(type).find(condition);
      if (found !== undefined) return found;
      const problem = deadline.aborted ? `did not say ${type} within ${timeoutMs} ms` : this.#exitText(type);
      if (problem !== undefined) throw new LabError(`processor ${this.name} ${problem}`, this.tail);
      await this.#nextChange(deadline);
    }
  }

  /** Its end, however it comes. Rejects at the limit. */
  async waitForExit(timeoutMs: number): Promise<ChildExit> {
    const deadline = AbortSignal.timeout(timeoutMs);
    while (this.#exit === undefined) {
      if (deadline.aborted) {
        throw new LabError(`processor ${this.name} did not end within ${timeoutMs} ms`, this.tail);
      }
      await this.#nextChange(deadline);
    }
    return this.#exit;
  }

  /** Time from `sinceMs` to its first acknowledged rows; undefined when it ended without any. */
  async firstRowAfter(sinceMs: number): Promise<number | undefined> {
    while (this.#firstRowAtMs === undefined && this.running) await this.#nextChange(AbortSignal.timeout(1_000));
    return this.#firstRowAtMs === undefined ? undefined : this.#firstRowAtMs - sinceMs;
  }

  /** Counts the lines of its output with this text, from now on. */
  countLines(text: string): { readonly lines: number } {
    const counter = { text, lines: 0 };
    this.#counted.push(counter);
    return counter;
  }

  /** kill -9, now. Resolves when it is gone. */
  async kill(): Promise<ChildExit> {
    if (this.running) this.#options.onSignal?.('SIGKILL', this);
    this.#child.kill('SIGKILL');
    return this.waitForExit(DIES_WITHIN_MS);
  }

  /** Any signal, without a word to onSignal. Resolves with its exit. */
  signal(signal: NodeJS.Signals): Promise<ChildExit> {
    this.#child.kill(signal);
    return this.exited;
  }

  /** SIGTERM; resolves with its exit. Rejects at the limit. */
  async stop(): Promise<ChildExit> {
    this.#child.kill('SIGTERM');
    return this.waitForExit(STOPS_WITHIN_MS);
  }

  /** SIGSTOP: a process that hangs, and does not know it. */
  pause(): void {
    this.#options.onSignal?.('SIGSTOP', this);
    this.#child.kill('SIGSTOP');
  }

  resume(): void {
    this.#options.onSignal?.('SIGCONT', this);
    this.#child.kill('SIGCONT');
  }

  #exitText(type: string): string | undefined {
    if (this.#exit === undefined) return undefined;
    return `ended (code ${this.#exit.code}, signal ${this.#exit.signal}) before it said ${type}`;
  }

  #take(line: string): void {
    this.#log.write(`${line}\n`);
    this.#tail.push(line);
    if (this.#tail.length > 20) this.#tail.shift();
    for (const each of this.#counted) if (line.includes(each.text)) each.lines++;
    const said = parseLine(line);
    if (said === undefined) return;
    if (said.type === 'metrics.listening') {
      this.#options.onMetricsPort?.(said.port, this);
      return;
    }
    const event = said;
    if (event.type === 'append.acknowledged') this.#firstRowAtMs ??= Date.now();
    if (this.#isKept(event)) this.events.push(event);
    this.#options.onEvent?.(event, this);
    this.#wake();
  }

  #isKept(event: ProcessorEvent): boolean {
    if (NOT_KEPT.has(event.type) || this.events.length >= KEPT_EVENTS_MAX) return false;
    return event.type !== 'batch.folded' || this.#batchesKept++ < KEPT_BATCHES_MAX;
  }

  #nextChange(deadline: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#waiting.delete(wake);
        deadline.removeEventListener('abort', wake);
        resolve();
      };
      this.#waiting.add(wake);
      deadline.addEventListener('abort', wake);
      if (deadline.aborted) wake();
    });
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }
}

type SaidLine = ProcessorEvent | { readonly type: 'metrics.listening'; readonly port: number };

function crashAtText({ point, hit, signals = 'SIGKILL' }: CrashAt): string {
  return `${point}:${hit}:${signals}`;
}

function parseLine(line: string): SaidLine | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const { event, ...fields } = JSON.parse(line) as { event?: unknown };
    return typeof event === 'string' ? ({ ...fields, type: event } as SaidLine) : undefined;
  } catch {
    return undefined;
  }
}
