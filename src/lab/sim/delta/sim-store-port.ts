/**
 * ObjectStore of one life of a process, on the simulated store. A request reaches the store after a delay, takes effect at one
 * moment, and is answered after another delay, even if its sender has died meanwhile.
 */
import {
  type ByteRange,
  type ObjectStore,
  type StoredObject,
  StoreRefusedError,
  UnknownOutcomeError,
} from '../../../sinks/delta/ports.ts';
import type { AnswerEffect, StoreOperation } from '../case/answers.ts';
import { latencyMs } from '../world/context.ts';
import type { Life } from '../world/life.ts';
import { commitOf, type SimStore } from './sim-store.ts';

/** Small, so that listings have several. */
const PAGE_OBJECTS = 16;

const OPERATION_OF_TABLE: Readonly<Record<string, StoreOperation>> = {
  partition_ownership: 'put_ownership',
  checkpoint_log: 'put_checkpoint',
  payment_transactions: 'put_data',
  payment_transactions_fraud: 'put_data',
  payment_metrics_partials: 'put_data',
  payment_exceptions: 'put_data',
};

export class SimStorePort implements ObjectStore {
  readonly name = 'sim-store';
  readonly #life: Life;
  readonly #store: SimStore;

  constructor(life: Life, store: SimStore) {
    this.#life = life;
    this.#store = store;
  }

  create(key: string, bytes: Uint8Array): Promise<'created' | 'exists'> {
    const sent = bytes.slice();
    const commit = commitOf(key);
    const operation = commit === undefined ? 'upload' : (OPERATION_OF_TABLE[commit.table] ?? 'put_other');
    const { marks } = this.#life.context;
    const act = (effect: AnswerEffect | undefined): 'created' | 'exists' => {
      const isCreated = this.#store.create(key, sent);
      if (commit !== undefined) {
        if (!isCreated) marks.hit('put_conflict');
        else if (effect === 'lost_after') marks.hit('put_landed_unknown');
        else if (effect === 'lost_late') marks.hit('put_landed_late');
        if (isCreated && this.#life.dead) marks.hit('put_landed_by_the_dead');
        this.#life.pass(`${operation}:applied`);
      }
      return isCreated ? 'created' : 'exists';
    };
    return this.#request(operation, act, (effect) => {
      if (effect === 'lost_before' && commit !== undefined) marks.hit('put_lost');
    });
  }

  replace(key: string, bytes: Uint8Array): Promise<void> {
    const sent = bytes.slice();
    return this.#request('replace', () => this.#store.replace(key, sent));
  }

  get(key: string, range?: ByteRange): Promise<Uint8Array | undefined> {
    return this.#request('get', () => {
      const held = this.#store.get(key);
      return held?.bytes.slice(range?.from, range?.to);
    });
  }

  /** The pages of a listing are of different moments. */
  async *list(prefix: string, after = ''): AsyncIterable<readonly StoredObject[]> {
    let from = after;
    for (;;) {
      const last = from;
      const page = await this.#request('list', () => this.#store.list(prefix, last).slice(0, PAGE_OBJECTS));
      yield page;
      if (page.length < PAGE_OBJECTS) return;
      from = page.at(-1)!.key;
    }
  }

  remove(keys: readonly string[]): Promise<void> {
    const given = [...keys];
    return this.#request('remove', () => this.#store.remove(given));
  }

  close(): void {}

  /** `act` is called at the moment of the effect; `lost` where there will be none. */
  #request<T>(
    operation: StoreOperation,
    act: (effect: AnswerEffect | undefined) => T,
    lost: (effect: AnswerEffect | undefined) => void = () => {},
  ): Promise<T> {
    const { context, process } = this.#life;
    const { scheduler, faults } = context;
    return this.#life.call((resolve, reject) => {
      const injected = faults.request(operation, process);
      const effect = injected?.effect;
      const refused = refusal(effect, operation);
      const arrives = latencyMs(context) + (effect === 'late' ? injected!.delayMs : 0);
      scheduler.after(arrives, () => {
        if (scheduler.nowMs < this.#store.downUntilMs) {
          context.marks.hit('store_was_down');
          scheduler.after(latencyMs(context), () => reject(new Error('the store is away')));
          return;
        }
        if (effect === 'lost_late') scheduler.after(injected!.delayMs, () => act(effect));
        else if (refused !== undefined && effect !== 'lost_after') lost(effect);
        const answer = refused === undefined || effect === 'lost_after' ? act(effect) : undefined;
        scheduler.after(latencyMs(context), () => {
          if (refused !== undefined) reject(refused);
          else resolve(answer as T);
        });
      });
    });
  }
}

/** The error that an injected effect shows as; undefined for those that are none. */
function refusal(effect: AnswerEffect | undefined, operation: StoreOperation): Error | undefined {
  switch (effect) {
    case 'lost_before':
    case 'lost_after':
    case 'lost_late':
      return new UnknownOutcomeError(`injected: ${effect} at ${operation}`);
    case 'unavailable':
    case 'resource_exhausted':
      return new Error(`injected: ${effect} at ${operation}`);
    case 'refused':
      return new StoreRefusedError('permission', `injected: ${effect} at ${operation}`);
    default:
      return undefined;
  }
}
