/** One run of the Spark job, watched from outside: its batches from its own output, its memory from the kernel. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { endsWithUs } from '../parts/children.ts';
import { residentMb } from '../parts/watched-processor.ts';
import type { Spark } from './spark-parts.ts';

const JOB = fileURLToPath(new URL('./spark/payments_job.py', import.meta.url));
const KEPT_LINES = 40;

export interface SparkJobOptions {
  readonly spark: Spark;
  readonly bootstrapServers: string;
  readonly topic: string;
  /** Of output and checkpoint: the same folder again is a restart. */
  readonly folder: string;
  /** Ends after reading this many records itself. */
  readonly expected: number;
  readonly recordsPerBatch: number;
  readonly say: (text: string) => void;
}

export interface FinishedBatch {
  /** By performance.now(). */
  readonly atMs: number;
  readonly records: number;
  /** By this process since its start. */
  readonly read: number;
}

type Said =
  | { readonly event: 'started'; readonly pid: number; readonly version: string }
  | ({ readonly event: 'batch' } & Omit<FinishedBatch, 'atMs'>)
  | { readonly event: 'done' };

export class SparkJob {
  readonly startedAtMs = performance.now();
  readonly exited: Promise<unknown>;
  readonly #child: ChildProcess;
  readonly #say: (text: string) => void;
  readonly #tail: string[] = [];
  readonly #batches: FinishedBatch[] = [];
  #jvm: number | undefined;
  #peakMb = 0;
  #over = false;
  #changed = Promise.withResolvers<void>();

  constructor({ spark, bootstrapServers, topic, folder, expected, recordsPerBatch, say }: SparkJobOptions) {
    this.#say = say;
    mkdirSync(folder, { recursive: true });
    const cores = 2;
    this.#child = spawn(
      spark.python,
      [JOB, bootstrapServers, topic, folder, spark.jars, String(expected), String(cores), String(recordsPerBatch)],
      { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, SPARK_LOCAL_IP: '127.0.0.1' } },
    );
    this.exited = once(this.#child, 'close').then(() => {
      this.#over = true;
      this.#wake();
    });
    endsWithUs(this.#child.pid, this.exited);
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      createInterface({ input: stream }).on('line', (line) => this.#take(line));
    }
  }

  get batches(): readonly FinishedBatch[] {
    return this.#batches;
  }

  /** Peak resident set of the JVM, MB, as last read: Python beside it only gives orders. */
  get peakMb(): number {
    return this.#peakMb;
  }

  /** The first batch after which this process has read this many records. Rejects if it ends before. */
  async until(records: number): Promise<FinishedBatch> {
    for (;;) {
      const found = this.#batches.find(({ read }) => read >= records);
      if (found !== undefined) return found;
      if (this.#over) throw new Error(`the Spark job ended before it had read ${records}:\n${this.#tail.join('\n')}`);
      await this.#changed.promise;
    }
  }

  /** SIGKILL to the JVM and to Python, now. */
  async kill(): Promise<void> {
    if (this.#over) return;
    if (this.#jvm !== undefined) process.kill(this.#jvm, 'SIGKILL');
    this.#child.kill('SIGKILL');
    await this.exited;
  }

  #take(line: string): void {
    this.#tail.push(line);
    if (this.#tail.length > KEPT_LINES) this.#tail.shift();
    if (!line.startsWith('{"event"')) return;
    const said = JSON.parse(line) as Said;
    if (said.event === 'started') {
      this.#jvm = said.pid;
      this.#say(`Spark ${said.version} started in ${this.#seconds()} s`);
      endsWithUs(said.pid, this.exited);
    } else if (said.event === 'batch') {
      if (this.#batches.length === 0) this.#say(`first batch of ${said.records} after ${this.#seconds()} s`);
      this.#batches.push({ atMs: performance.now(), records: said.records, read: said.read });
      if (this.#jvm !== undefined) this.#peakMb = residentMb(this.#jvm, 'VmHWM');
    }
    this.#wake();
  }

  #seconds(): string {
    return ((performance.now() - this.startedAtMs) / 1_000).toFixed(1);
  }

  #wake(): void {
    const { resolve } = this.#changed;
    this.#changed = Promise.withResolvers<void>();
    resolve();
  }
}
