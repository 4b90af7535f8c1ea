/**
 * PartitionReader of the simulated world. Fetches ahead over the simulated network and behaves as kafkajs and brokers
 * do: answers of any size, empty answers, copies below the position, a reset to the earliest offset when out of range,
 * a jump to the committed offset after a rejoin. The cursor above must handle all of it. Overwrites released records,
 * so that the checks detect a processor that still reads them.
 * Invariant: an answer's records, from askedFrom on, are what the log held when the leader answered.
 */
import { ContradictionError, OwnershipLostError } from '../../../base/errors.ts';
import type { FetchAnswer, PartitionReader } from '../../../processor/ports.ts';
import type { SimPartition } from '../kafka/topic.ts';
import { latencyMs } from '../world/context.ts';
import type { Life } from '../world/life.ts';

/** The client's view, shared with the log source. */
export interface FetchGate {
  /** False while the client does not have the partition: it fetches nothing. */
  mayFetch(partition: number): boolean;
  session(partition: number): number;
  raiseSession(partition: number): void;
}

const BUFFERED_ANSWERS_MAX = 2;
const FETCH_RETRY_MS = 300;
const OVERWRITTEN = 0xee;

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
  /** As of the connection in use. */
  #elections: number;
  #parked: { readonly wake: () => void; readonly log: SimPartition } | undefined;
  #told: { readonly session: number; readonly endOffset: number } | undefined;
  /** Offset of damaged bytes that the reader has met and not yet read past. */
  #damagedAt: number | undefined;
  /** What reads reject with once the buffer is empty. */
  #failure: Error | undefined;

  constructor(life: Life, partition: number, fromOffset: number, log: () => SimPartition, gate: FetchGate) {
    this.#life = life;
    this.#partition = partition;
    this.#position = fromOffset;
    this.#log = log;
    this.#gate = gate;
    this.#elections = log().elections;
    this.poke();
  }

  read(signal: AbortSignal): Promise<FetchAnswer> {
    return new Promise((resolve, reject) => {
      if (this.#life.dead) return;
      if (signal.aborted) {
        reject(signal.reason);
        return;
      }
      if (this.#closed) {
        reject(closedError(this.#partition));
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
    this.#told = undefined;
    this.#failure = undefined;
    this.#abandonFetch();
    this.poke();
  }

  /** The client's own jump after a rejoin: it continues at another offset and keeps its buffer. */
  drift(offset: number): void {
    this.#position = offset;
    this.#abandonFetch();
    this.poke();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#buffer = [];
    this.#abandonFetch();
    const waiting = this.#takeWaiting();
    if (!this.#life.dead) waiting?.reject(closedError(this.#partition));
  }

  /** After a rejoin: reports the end of the log, even if it is unchanged. */
  rejoined(): void {
    const { wake } = this.#parked ?? {};
    if (wake === undefined) this.poke();
    else wake();
  }

  /** Starts a fetch if there is room for its answer and no fetch is in flight. */
  poke(): void {
    if (this.#closed || this.#fetching || this.#life.dead || this.#failure !== undefined) return;
    if (this.#buffer.length >= BUFFERED_ANSWERS_MAX) return;
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
    if (log.elections !== this.#elections) {
      this.#elections = log.elections;
      this.#gate.raiseSession(this.#partition);
    }
    const askedFrom = rng.chance(faults.noise.redeliveryChance)
      ? Math.max(log.startOffset, this.#position - rng.between(1, 5))
      : this.#position;
    if (log.meetsDamage(askedFrom)) {
      this.#damaged(fetch, askedFrom);
      return;
    }
    const slice = log.read(askedFrom, rng.between(1, faults.noise.fetchRecordsMax));
    if (slice === undefined) {
      this.#outOfRange(fetch, log);
      return;
    }
    const empty = rng.chance(faults.noise.emptyFetchChance);
    const answer = { ...(empty ? { records: [], completeTo: askedFrom } : slice), askedFrom, endOffset: log.endOffset };
    if (answer.completeTo === askedFrom && !empty && !this.#isNews(answer.endOffset)) this.#park(fetch, log);
    else this.#answer(fetch, answer);
  }

  /** An answer without progress is delivered once per session and end of the log, as in the adapter of kafkajs. */
  #isNews(endOffset: number): boolean {
    const told = this.#told;
    const session = this.#gate.session(this.#partition);
    this.#told = { session, endOffset };
    return told?.session !== session || told.endOffset !== endOffset;
  }

  /** Retries once over a new connection, then fails, as the adapter of kafkajs does. */
  #damaged(fetch: number, offset: number): void {
    const { scheduler, trace } = this.#life.context;
    trace.add(this.#life.process, `p${this.#partition} ${offset} is damaged`);
    if (this.#damagedAt !== offset) {
      this.#damagedAt = offset;
      this.#gate.raiseSession(this.#partition);
      scheduler.after(latencyMs(this.#life.context), () => this.#atLeader(fetch));
      return;
    }
    this.#life.deliver(() => {
      if (fetch !== this.#fetch || this.#closed) return;
      this.#fetching = false;
      const message = `partition ${this.#partition}: the record batch at offset ${offset} is damaged`;
      this.#failure = new ContradictionError('batch_damaged', message);
      this.#handOver();
    });
  }

  #outOfRange(fetch: number, log: SimPartition): void {
    const { scheduler, trace } = this.#life.context;
    trace.add(this.#life.process, `p${this.#partition} ${this.#position} out of range, goes on at ${log.startOffset}`);
    this.#gate.raiseSession(this.#partition);
    this.#position = log.startOffset;
    scheduler.after(latencyMs(this.#life.context), () => this.#atLeader(fetch));
  }

  /** At the end of the log: waits at the leader for more. */
  #park(fetch: number, log: SimPartition): void {
    const wake = (): void => {
      this.#unpark();
      this.#life.context.scheduler.after(0, () => this.#atLeader(fetch));
    };
    log.waiting.add(wake);
    this.#parked = { wake, log };
  }

  #unpark(): void {
    if (this.#parked === undefined) return;
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
    if (this.#waiting === undefined) return;
    if (this.#buffer.length === 0) {
      if (this.#failure !== undefined) this.#takeWaiting()?.reject(this.#failure);
      return;
    }
    const answer = lent(this.#buffer.shift() as FetchAnswer);
    const waiting = this.#takeWaiting();
    const { context, process } = this.#life;
    if (answer.records.length > 0) {
      context.trace.add(process, `p${this.#partition} reads [${answer.askedFrom}, ${answer.completeTo})`);
      context.faults.handed(answer.records.length);
    }
    if (!this.#life.dead) waiting?.resolve(answer);
    this.poke();
  }

  #takeWaiting(): Waiting | undefined {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.signal.removeEventListener('abort', waiting.onAbort);
    return waiting;
  }

  #abandonFetch(): void {
    this.#fetch++;
    this.#fetching = false;
    this.#unpark();
  }
}

/** Copies the records into their own memory, which is overwritten at the release. */
function lent(answer: FetchAnswer): FetchAnswer {
  const copies: Buffer[] = [];
  const lend = (bytes: Buffer | null): Buffer | null => {
    if (bytes === null) return null;
    const copy = Buffer.from(bytes);
    copies.push(copy);
    return copy;
  };
  const records = answer.records.map((record) => ({
    ...record,
    key: lend(record.key),
    value: lend(record.value),
    header: (name: string) => lend(record.header?.(name) ?? null),
  }));
  const release = (): void => {
    for (const copy of copies) copy.fill(OVERWRITTEN);
  };
  return { ...answer, records, lease: { release } };
}

function closedError(partition: number): OwnershipLostError {
  return new OwnershipLostError(`partition ${partition}: its reader was closed`);
}
