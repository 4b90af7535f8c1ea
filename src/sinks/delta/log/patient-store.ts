/**
 * Reads of a store that wait while it is away: with backoff, up to a limit. `create` is not among them: what its failure
 * means is the committer's to decide.
 */
import { ContradictionError } from '../../../base/errors.ts';
import type { Runtime } from '../../../base/runtime.ts';
import { Patience, type WaitingObserver } from '../../bigquery/query/waiting.ts';
import { type ByteRange, type ObjectStore, type StoredObject, StoreRefusedError } from '../ports.ts';
import type { LogLimits } from './log-limits.ts';

export class PatientStore {
  readonly store: ObjectStore;
  readonly #runtime: Runtime;
  readonly #limits: LogLimits;
  readonly #observer: WaitingObserver;

  constructor(store: ObjectStore, runtime: Runtime, limits: LogLimits, observer: WaitingObserver) {
    this.store = store;
    this.#runtime = runtime;
    this.#limits = limits;
    this.#observer = observer;
  }

  get name(): string {
    return this.store.name;
  }

  patience(what: string): Patience {
    return new Patience(this.#runtime, this.#limits, this.#observer, { service: 'delta', what });
  }

  get(key: string, range?: ByteRange): Promise<Uint8Array | undefined> {
    return this.#ask(`read of ${key}`, () => this.store.get(key, range));
  }

  /** A file of the log, which has a limit. */
  async getLogFile(key: string): Promise<Uint8Array | undefined> {
    const { maxLogFileBytes } = this.#limits;
    const bytes = await this.get(key, { from: 0, to: maxLogFileBytes + 1 });
    if (bytes === undefined || bytes.length <= maxLogFileBytes) return bytes;
    throw new ContradictionError('table_changed', `${key} at ${this.name} has more than ${maxLogFileBytes} bytes`);
  }

  async has(key: string): Promise<boolean> {
    return (await this.get(key, { from: 0, to: 1 })) !== undefined;
  }

  /** With keys greater than `after`. */
  async list(prefix: string, after?: string): Promise<readonly StoredObject[]> {
    const objects: StoredObject[] = [];
    await this.listUntil(prefix, (object) => objects.push(object) < 0, after);
    return objects;
  }

  /** Each object once, in order, until `visit` answers that it has enough. */
  async listUntil(prefix: string, visit: (object: StoredObject) => boolean, from?: string): Promise<void> {
    let after = from;
    await this.#ask(`list of ${prefix}`, async () => {
      for await (const page of this.store.list(prefix, after)) {
        for (const object of page) {
          if (visit(object)) return;
          after = object.key;
        }
      }
    });
  }

  replace(key: string, bytes: Uint8Array): Promise<void> {
    return this.#ask(`write of ${key}`, () => this.store.replace(key, bytes));
  }

  remove(keys: readonly string[]): Promise<void> {
    return this.#ask(`removal of ${keys.length} files`, () => this.store.remove(keys));
  }

  /** Creates an object whose key is this process's alone, so `exists` means that an earlier attempt landed. */
  async createOwn(key: string, bytes: Uint8Array): Promise<void> {
    await this.#ask(`write of ${key}`, () => this.store.create(key, bytes));
  }

  async #ask<T>(what: string, call: () => Promise<T>): Promise<T> {
    const patience = this.patience(what);
    for (;;) {
      try {
        const answer = await call();
        patience.success();
        return answer;
      } catch (error) {
        if (error instanceof StoreRefusedError || !(error instanceof Error)) throw error;
        await patience.wait(error);
      }
    }
  }
}
