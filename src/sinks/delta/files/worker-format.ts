/**
 * Parquet in a worker thread: encoding takes as long as folding, and both in one thread would stay under what one partition sends.
 *
 * Invariants: 1. at most `maxTasks` tasks are with the worker, later ones wait; 2. a worker that dies fails its tasks by name, and the
 * next task starts another one.
 */
import { Worker } from 'node:worker_threads';
import { ownCodeUrl } from '../../../base/own-code.ts';
import { Semaphore } from '../../../base/semaphore.ts';
import type { ArrowRows, FileFormat } from '../ports.ts';
import { arrowStream, type DecodedRow, rowsOfStream } from './arrow-decode.ts';
import type { ParquetAnswer, ParquetTask } from './parquet-worker.ts';

const DEFAULT_MAX_TASKS = 8;

type Asked<Task> = Task extends ParquetTask ? Omit<Task, 'id'> : never;

interface Waiting {
  readonly resolve: (bytes: Uint8Array) => void;
  readonly reject: (error: Error) => void;
}

export class WorkerFormat implements FileFormat {
  readonly #turns: Semaphore;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #lastId = 0;
  #closed = false;

  constructor(maxTasks = DEFAULT_MAX_TASKS) {
    this.#turns = new Semaphore(maxTasks);
  }

  encode(pieces: readonly ArrowRows[]): Promise<Uint8Array> {
    return this.#turns.run(() => {
      const stream = arrowStream(pieces);
      return this.#ask({ stream }, [stream.buffer]);
    });
  }

  async decode(bytes: Uint8Array, columns?: readonly string[]): Promise<DecodedRow[]> {
    return rowsOfStream(await this.#turns.run(() => this.#ask({ file: bytes, columns }, [])));
  }

  async close(): Promise<void> {
    this.#closed = true;
    const worker = this.#worker;
    this.#worker = undefined;
    this.#fail(new Error('Parquet files are no longer packed: the sink was closed'));
    await worker?.terminate();
  }

  #ask(task: Asked<ParquetTask>, transfer: readonly ArrayBuffer[]): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      if (this.#closed) throw new Error('Parquet files are no longer packed: the sink was closed');
      const id = ++this.#lastId;
      const worker = this.#running();
      this.#waiting.set(id, { resolve, reject });
      // While a task is with the worker, the process stays.
      worker.ref();
      worker.postMessage({ ...task, id }, transfer);
    });
  }

  #running(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    const worker = new Worker(ownCodeUrl('./parquet-worker.ts', import.meta.url));
    worker.on('message', (answer: ParquetAnswer) => this.#take(answer));
    worker.on('error', (error) => this.#lose(worker, error));
    worker.on('exit', (code) => this.#lose(worker, new Error(`it ended with code ${code}`)));
    this.#worker = worker;
    return worker;
  }

  #take(answer: ParquetAnswer): void {
    const waiting = this.#waiting.get(answer.id);
    this.#waiting.delete(answer.id);
    if (this.#waiting.size === 0) this.#worker?.unref();
    if ('bytes' in answer) waiting?.resolve(answer.bytes);
    else waiting?.reject(new RangeError(answer.error));
  }

  #lose(worker: Worker, error: Error): void {
    if (worker !== this.#worker) return;
    this.#worker = undefined;
    this.#fail(new Error(`the worker thread for Parquet files failed: ${error.message}`, { cause: error }));
  }

  #fail(error: Error): void {
    const all = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of all) reject(error);
  }
}
