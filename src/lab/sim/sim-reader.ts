/**
 * PartitionReader of the simulated world: fetches ahead over the simulated network, with what kafkajs and brokers do to a
 * reader: answers of any size, empty answers, copies below the position, a reset to the earliest offset when out of range,
 * a jump to the committed offset after a rejoin. The cursor above it has to see through all of it.
 * Invariant: an answer's records, from askedFrom on, are what the log held when the leader answered.
 */
import type { FetchAnswer, PartitionReader } from '../../processor/ports.ts';
import { latencyMs } from './context.ts';
import type { Life } from './life.ts';
import type { SimPartition } from './topic.ts';
import type { Pending } from './virtual-time.ts';

/** The client's view, shared with the log source. */
export interface FetchGate {
  /** False while the client rejoins or does not have the partition: it fetches nothing. */
  mayFetch(partition: number): boolean;
  session(partition: number): number;
  raiseSession(partition: number): void;
}

const BUFFERED_ANSWERS_MAX = 2;
/** fetch.max.wait.ms: after so long without records the leader gives an empty answer. */
const FETCH_WAIT_MS = 2_000;
const FETCH_RETRY_MS = 300;

interface Waiting {
  readonly resolve: (answer: FetchAnswer) => void;
  readonly reject: (error: unknown) => void;
  readonly signal: AbortSignal;
  readonly onAbort: () => void;
}

export class SimReader implements PartitionReader {
  readonly #life: Life;
  readonly #partition: number;
  readonly #log: () => SimPartition;
  readonly #gate: FetchGate;
  #position: number;
  #buffer: FetchAnswer[] = [];
  #waiting: Waiting | undefined;
  /** Rises with every seek: answers to older fetches are dropped. */
  #fetch = 0;
  #fetching = false;
  #closed = false;
  #parked: { readonly wake: () => void; readonly timer: Pending; readonly log: SimPartition } | undefined;

  constructor(life: Life, partition: number, fromOffset: number, log: () => SimPartition, gate: FetchGate) {
    this.#life = life;
    this.#partition = partition;
    this.#position = fromOffset;
    this.#log = log;
    this.#gate = gate;
    this.poke();
  }

  read(signal: AbortSignal): Promise<FetchAnswer> {
    return new Promise((resolve, reject) => {
      if (this.#life.dead) return;
      if (signal.aborted) {
        reject(signal.reason);
        return;
      }
      const onAbort = (): void => {
        this.#waiting = undefined;
        if (!this.#life.dead) reject(signal.reason);
      };
      this.#waiting = { resolve, reject, signal, onAbort };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#handOver();
    });
  }

  seek(offset: number): void {
    if (this.#life.dead) return;
    this.#position = offset;
    this.#buffer = [];
    this.#abandonFetch();
    this.poke();
  }

  /** What the client does by itself after a rejoin: goes on elsewhere, keeping what is buffered. */
  drift(offset: number): void {
    this.#position = offset;
    this.#abandonFetch();
    this.poke();
  }

  close(): void {
    this.#closed = true;
    this.#buffer = [];
    this.#abandonFetch();
  }

  /** Starts a fetch if there is room for its answer and none is under way. */
  poke(): void {
    if (this.#closed || this.#fetching || this.#life.dead || this.#buffer.length >= BUFFERED_ANSWERS_MAX) return;
    if (!this.#gate.mayFetch(this.#partition)) return;
    this.#fetching = true;
    const fetch = ++this.#fetch;
    const { context } = this.#life;
    context.scheduler.after(latencyMs(context), () => this.#atLeader(fetch));
  }

  #atLeader(fetch: number): void {
    if (fetch !== this.#fetch || this.#life.dead) return;
    const { scheduler, faults, rng } = this.#life.context;
    const log = this.#log();
    if (scheduler.nowMs < log.unavailableUntilMs) {
      // The client finds the new leader by itself, over a new connection.
      scheduler.after(FETCH_RETRY_MS, () => this.#atLeader(fetch));
      return;
    }
    const askedFrom = rng.chance(faults.noise.redeliveryChance)
      ? Math.max(log.startOffset, this.#position - rng.between(1, 5))
      : this.#position;
    const slice = log.read(askedFrom, rng.between(1, faults.noise.fetchRecordsMax));
    if (slice === undefined) {
      this.#outOfRange(fetch, log);
      return;
    }
    const empty = rng.chance(faults.noise.emptyFetchChance);
    if (slice.completeTo === askedFrom && !empty) {
      this.#park(fetch, log, askedFrom);
      return;
    }
    const answer = empty ? { records: [], completeTo: askedFrom } : slice;
    this.#answer(fetch, { ...answer, askedFrom, endOffset: log.endOffset });
  }

  #outOfRange(fetch: number, log: SimPartition): void {
    const { scheduler, trace } = this.#life.context;
    trace.add(this.#life.process, `p${this.#partition} ${this.#position} out of range, goes on at ${log.startOffset}`);
    this.#gate.raiseSession(this.#partition);
    this.#position = log.startOffset;
    scheduler.after(latencyMs(this.#life.context), () => this.#atLeader(fetch));
  }

  /** At the end of the log: waits at the leader for more. */
  #park(fetch: number, log: SimPartition, askedFrom: number): void {
    const { scheduler } = this.#life.context;
    const wake = (): void => {
      this.#unpark();
      scheduler.after(0, () => this.#atLeader(fetch));
    };
    const timer = scheduler.after(FETCH_WAIT_MS, () => {
      this.#unpark();
      this.#answer(fetch, { records: [], completeTo: askedFrom, askedFrom, endOffset: log.endOffset });
    });
    log.waiting.add(wake);
    this.#parked = { wake, timer, log };
  }

  #unpark(): void {
    if (this.#parked === undefined) return;
    this.#life.context.scheduler.cancel(this.#parked.timer);
    this.#parked.log.waiting.delete(this.#parked.wake);
    this.#parked = undefined;
  }

  #answer(fetch: number, answer: Omit<FetchAnswer, 'byteLength' | 'session'>): void {
    const { context } = this.#life;
    let byteLength = 0;
    for (const { key, value } of answer.records) byteLength += (key?.length ?? 0) + (value?.length ?? 0);
    context.scheduler.after(latencyMs(context), () =>
      this.#life.deliver(() => {
        if (fetch !== this.#fetch || this.#closed) return;
        this.#fetching = false;
        // A client that gets copies keeps its place.
        this.#position = Math.max(this.#position, answer.completeTo);
        this.#buffer.push({ ...answer, byteLength, session: this.#gate.session(this.#partition) });
        this.#handOver();
        this.poke();
      }),
    );
  }

  #handOver(): void {
    const waiting = this.#waiting;
    const answer = waiting === undefined ? undefined : this.#buffer.shift();
    if (waiting === undefined || answer === undefined) return;
    this.#waiting = undefined;
    waiting.signal.removeEventListener('abort', waiting.onAbort);
    const { context, process } = this.#life;
    if (answer.records.length > 0) {
      context.trace.add(process, `p${this.#partition} reads [${answer.askedFrom}, ${answer.completeTo})`);
      context.faults.handed(answer.records.length);
    }
    if (!this.#life.dead) waiting.resolve(answer);
    this.poke();
  }

  #abandonFetch(): void {
    this.#fetch++;
    this.#fetching = false;
    this.#unpark();
  }
}
