/**
 * A processor of a benchmark: the lab's child process, with its metrics scraped and its memory read from outside, so
 * that the measured code does not measure itself, and its log is as an operator's.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseMetrics } from '../../src/lab/real/processor/parse-metrics.ts';
import { ProcessorChild, type ProcessorChildOptions } from '../../src/lab/real/processor/processor-child.ts';
import { endsWithUs } from './children.ts';
import { nextLookInMs } from './next-look.ts';

const MB = 1_000_000;
const SCRAPE_TIMEOUT_MS = 5_000;

export interface Scrape {
  readonly atMs: number;
  /** Records with a row in the tables, acknowledged: each has one in payment_transactions or payment_exceptions. */
  readonly durable: number;
  /** All rows acknowledged, all tables but checkpoint_log. */
  readonly rows: number;
  /** Bytes of all rows acknowledged, by table. */
  readonly bytesByTable: Readonly<Record<string, number>>;
  readonly consumed: number;
  /** Records in the log, not folded. */
  readonly lag: number;
  /** Next offset of the last checkpoint, by partition. */
  readonly checkpoints: ReadonlyMap<number, number>;
  readonly stateIds: number;
  readonly stateBytes: number;
  /** Processor time of the process since its start, all threads. */
  readonly cpuSeconds: number;
}

export class WatchedProcessor {
  readonly child: ProcessorChild;
  readonly startedAtMs: number;
  /** When the first partition began to fold, by performance.now(). */
  readonly running: Promise<number>;
  readonly #port: Promise<number>;

  private constructor(options: Omit<ProcessorChildOptions, 'onMetricsPort' | 'onEvent'>) {
    const port = Promise.withResolvers<number>();
    const running = Promise.withResolvers<number>();
    this.startedAtMs = performance.now();
    this.child = ProcessorChild.start({
      ...options,
      onMetricsPort: (found) => port.resolve(found),
      onEvent: ({ type }) => type === 'takeover.running' && running.resolve(performance.now()),
    });
    endsWithUs(this.child.pid, this.child.exited);
    this.#port = port.promise;
    this.running = running.promise;
    this.child.exited.then(() => {
      const error = new Error(`processor ${options.name} ended. Its last lines:\n${this.child.tail}`);
      port.reject(error);
      running.reject(error);
    });
    // A waiter receives the rejection; there may be none.
    port.promise.catch(() => {});
    running.promise.catch(() => {});
  }

  static start(options: Omit<ProcessorChildOptions, 'onMetricsPort' | 'onEvent'>): WatchedProcessor {
    return new WatchedProcessor(options);
  }

  /** Throws when the process is gone. */
  async scrape(): Promise<Scrape> {
    const port = await this.#port;
    const response = await fetch(`http://127.0.0.1:${port}/metrics`, {
      signal: AbortSignal.timeout(SCRAPE_TIMEOUT_MS),
    });
    const atMs = performance.now();
    const values = parseMetrics(await response.text());
    const sum = (name: string, having = ''): number =>
      Object.entries(values)
        .filter(([series]) => series.startsWith(`provenonce_${name}{`) && series.includes(having))
        .reduce((total, [, value]) => total + value, 0);
    const rowsOf = (table: string) => sum('append_rows_total', `table="${table}"`);
    return {
      atMs,
      durable: rowsOf('payment_transactions') + rowsOf('payment_exceptions'),
      rows: sum('append_rows_total'),
      bytesByTable: byTable(values, 'append_bytes_total'),
      consumed: sum('records_consumed_total'),
      lag: sum('consumer_lag_records'),
      checkpoints: checkpointsIn(values),
      stateIds: sum('state_ids'),
      stateBytes: sum('state_bytes'),
      cpuSeconds: values.process_cpu_seconds_total ?? 0,
    };
  }

  /**
   * The first scrape with this many records durable. Rejects at the limit, and when the process ends. Looks at the
   * intervals of `nextLookInMs`, or of `everyMs`.
   */
  async untilDurable(records: number, timeoutMs: number, everyMs?: number): Promise<Scrape> {
    const untilMs = performance.now() + timeoutMs;
    let before: Scrape | undefined;
    for (;;) {
      const scrape = await this.scrape();
      if (scrape.durable >= records) return scrape;
      if (performance.now() > untilMs) {
        throw new Error(`${scrape.durable} of ${records} records after ${timeoutMs} ms. ${this.child.tail}`);
      }
      await sleep(everyMs ?? nextLookInMs(records, scrape, before));
      before = scrape;
    }
  }

  /** Peak resident set so far, MB. Linux only. */
  peakMb(): number {
    return residentMb(this.child.pid, 'VmHWM');
  }

  /** RssAnon leaves out memory with a file behind it: the state's mapped pages, and the program. */
  residentMb(field: 'VmRSS' | 'RssAnon' = 'VmRSS'): number {
    return residentMb(this.child.pid, field);
  }

  async stop(): Promise<void> {
    const { code } = await this.child.stop();
    if (code !== 0) throw new Error(`processor ${this.child.name} ended with ${code}. ${this.child.tail}`);
  }

  async kill(): Promise<void> {
    if (this.child.running) await this.child.kill();
  }
}

/** From /proc: the kernel's count, for any kind of process. Throws if there is no such process. */
export function residentMb(pid: number, field: 'VmRSS' | 'VmHWM' | 'RssAnon'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kib = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1];
  if (kib === undefined) throw new Error(`/proc/${pid}/status has no ${field}`);
  return (Number(kib) * 1_024) / MB;
}

function byTable(values: Readonly<Record<string, number>>, name: string): Record<string, number> {
  const found: Record<string, number> = {};
  for (const [series, value] of Object.entries(values)) {
    const table = series.startsWith(`provenonce_${name}{`) ? /table="([^"]+)"/.exec(series)?.[1] : undefined;
    if (table !== undefined) found[table] = (found[table] ?? 0) + value;
  }
  return found;
}

function checkpointsIn(values: Readonly<Record<string, number>>): Map<number, number> {
  const found = new Map<number, number>();
  for (const [series, value] of Object.entries(values)) {
    const partition = /^provenonce_checkpoint_next_offset\{partition="(\d+)"\}$/.exec(series)?.[1];
    if (partition !== undefined) found.set(Number(partition), value);
  }
  return found;
}
