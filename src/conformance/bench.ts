/**
 * What a need is tried on: one endpoint, one dataset made for it, rows and raw append calls. Every need gets a Kafka partition
 * and streams of its own, so that needs do not see each other's rows. Waits are bounded: what does not come is a failure. What a
 * healthy service does besides is no failure: NOT_FOUND for minutes after the tables were made, a connection cut now and then; and
 * no stream has two connections at a time, which the service does not allow.
 */

import { UnreachableError } from '../base/errors.ts';
import type { Runtime } from '../base/runtime.ts';
import type { AcceptedRow, AppendTable, Payment } from '../payments/types.ts';
import type { DatasetRef } from '../sinks/bigquery/identifiers.ts';
import type { AppendRows } from '../sinks/bigquery/ports.ts';
import { BigQueryQueries } from '../sinks/bigquery/query/queries.ts';
import type { RestCalls } from '../sinks/bigquery/query/rest-client.ts';
import { ArrowRowEncoder } from '../sinks/bigquery/rows/arrow-encoder.ts';
import { batchOf } from '../sinks/bigquery/rows/batch-of.ts';
import { DEFAULT_SINK_LIMITS } from '../sinks/bigquery/sink-limits.ts';
import { probeStream, type StreamState } from '../sinks/bigquery/write/stream-probe.ts';
import {
  type AppendAnswer,
  type AppendCall,
  GRPC_STATUS,
  RpcError,
  type WriteRpc,
} from '../sinks/bigquery/write/write-rpc.ts';
import { Broken, demandEqual } from './demand.ts';

/** Two clients with connections of their own, as two processors have. */
export interface Endpoint {
  readonly dataset: DatasetRef;
  readonly runtime: Runtime;
  readonly rest: RestCalls;
  readonly rpc: WriteRpc;
  readonly otherRest: RestCalls;
  readonly otherRpc: WriteRpc;
}

export const TABLE = 'payment_transactions';
/** Far more than any answer takes; the real service takes seconds for queries. */
const ANSWER_MS = 30_000;
const QUERY_PATIENCE_MS = 60_000;
const POLL_MS = 5;
/** A connection that was ended in an orderly way and does not end is cut after so long. */
const CLOSE_MS = 2_000;
/** Between two looks whether a table or a stream that was just made is known. */
const KNOWN_PAUSE_MIN_MS = 50;
const KNOWN_PAUSE_MAX_MS = 5_000;
const CUTS_MAX = 5;
const CUT: ReadonlySet<number> = new Set([GRPC_STATUS.ABORTED, GRPC_STATUS.UNAVAILABLE, GRPC_STATUS.INTERNAL]);

export class Bench {
  readonly endpoint: Endpoint;
  readonly queries: BigQueryQueries;
  readonly otherQueries: BigQueryQueries;
  readonly encoder = new ArrowRowEncoder();
  /** The Kafka partition of this need; the topic is named after it. */
  readonly partition: number;
  readonly topic: string;
  readonly #calls: RawCall[] = [];

  constructor(endpoint: Endpoint, partition: number) {
    this.endpoint = endpoint;
    this.partition = partition;
    this.topic = `conformance-${partition}`;
    const limits = { ...DEFAULT_SINK_LIMITS, unreachableAfterMs: QUERY_PATIENCE_MS };
    const { dataset, runtime, rest, otherRest } = endpoint;
    this.queries = new BigQueryQueries({ rest, runtime, dataset, limits });
    this.otherQueries = new BigQueryQueries({ rest: otherRest, runtime, dataset, limits });
  }

  /**
   * A new COMMITTED stream on a table, known to the service: both may be NOT_FOUND for minutes after the tables were made. That
   * its stream is known is seen by an append far past its end, on a connection of its own, which must be refused.
   */
  async stream(table: AppendTable = TABLE): Promise<string> {
    const { projectId, dataset } = this.endpoint.dataset;
    const { rpc, runtime } = this.endpoint;
    const path = `projects/${projectId}/datasets/${dataset}/tables/${table}`;
    const name = await this.#known(() => rpc.createWriteStream(path));
    await this.#known(async () => {
      const probing = { rpc, runtime, encoder: this.encoder, answerWithinMs: ANSWER_MS };
      const found = await probeStream({ name, table }, probing).catch((error: unknown) => {
        throw error instanceof UnreachableError ? new Broken(error.message) : error;
      });
      if (found.state === 'unclear' && found.code !== undefined) throw new RpcError(found.code, found.said);
      demandEqual(found, { state: 'live' }, 'a new stream, by an append far past its end');
    });
    return name;
  }

  /** The same of a stream after a refused finalize. */
  probe(name: string): Promise<StreamState> {
    const { otherRpc: rpc, runtime } = this.endpoint;
    return probeStream({ name, table: TABLE }, { rpc, runtime, encoder: this.encoder, answerWithinMs: ANSWER_MS });
  }

  /** Whether a connection broke that nobody ended: the service does that now and then, and it says nothing about a need. */
  get wasCut(): boolean {
    return this.#calls.some(({ ends }) => ends.some((error) => error !== undefined && CUT.has(error.code)));
  }

  async #known<T>(ask: () => Promise<T>): Promise<T> {
    const { runtime } = this.endpoint;
    const startedMs = runtime.monotonicMs();
    let cuts = 0;
    for (let pauseMs = KNOWN_PAUSE_MIN_MS; ; pauseMs = Math.min(KNOWN_PAUSE_MAX_MS, 2 * pauseMs)) {
      try {
        return await ask();
      } catch (error) {
        if (!(error instanceof RpcError)) throw error;
        const isYoung = runtime.monotonicMs() - startedMs < DEFAULT_SINK_LIMITS.notFoundPatienceMs;
        const isTransient = error.code === GRPC_STATUS.NOT_FOUND ? isYoung : CUT.has(error.code) && ++cuts < CUTS_MAX;
        if (!isTransient) throw error;
        await runtime.sleep(pauseMs);
      }
    }
  }

  /** An open AppendRows call; `other`: on the second client's connection. */
  call(stream: string, other = false): RawCall {
    const call = new RawCall(other ? this.endpoint.otherRpc : this.endpoint.rpc, stream, this);
    this.#calls.push(call);
    return call;
  }

  rows(kafkaOffset: number, count: number, change: Partial<Payment> = {}): AcceptedRow[] {
    return Array.from({ length: count }, (_, i) => row(this.topic, kafkaOffset + i, this.endpoint.runtime, change));
  }

  encode<T extends AppendTable>(table: T, rows: readonly AppendRows[T][]): unknown {
    const stamp = { partition: this.partition, writerEpoch: 1, processedAtMs: this.endpoint.runtime.nowMs() };
    return this.encoder.encode(table, batchOf(table, rows), stamp).payload;
  }

  /** Appends rows to a stream of their own and waits for the acknowledgement. */
  async put<T extends AppendTable>(table: T, rows: readonly AppendRows[T][]): Promise<void> {
    const call = this.call(await this.stream(table));
    call.sendPayload(0, this.encode(table, rows));
    const [answer] = await call.answered(1);
    if (!answer!.acknowledged) throw new Error(`rows of ${table} were refused: ${answer!.error?.message}`);
  }

  /** Kafka offsets of the rows that a query of the second client sees, ascending. */
  async stored(): Promise<number[]> {
    const rows = await this.otherQueries.rowsFrom(TABLE, this.partition, 0);
    return rows.map(({ row: { kafkaOffset } }) => kafkaOffset);
  }

  /** Row count of a stream of ours, which may not be known everywhere yet. */
  finalize(stream: string): Promise<number> {
    return this.#known(() => this.finalizeOnce(stream));
  }

  async finalizeOnce(stream: string): Promise<number> {
    return (await this.endpoint.otherRpc.finalizeWriteStream(stream)).rowCount;
  }

  async until(what: string, condition: () => boolean): Promise<void> {
    const { runtime } = this.endpoint;
    for (let waitedMs = 0; !condition(); waitedMs += POLL_MS) {
      if (waitedMs > ANSWER_MS) throw new Error(`nothing for ${ANSWER_MS} ms: ${what}`);
      await runtime.sleep(POLL_MS);
    }
  }

  close(): void {
    for (const { call } of this.#calls) call.cancel();
  }
}

/** One AppendRows call and all its answers. */
export class RawCall {
  readonly answers: AppendAnswer[] = [];
  readonly ends: (RpcError | undefined)[] = [];
  readonly call: AppendCall;
  readonly #bench: Bench;
  readonly #stream: string;
  #sent = 0;

  constructor(rpc: WriteRpc, stream: string, bench: Bench) {
    this.#bench = bench;
    this.#stream = stream;
    this.call = rpc.appendRows(stream, {
      onAnswer: (answer) => this.answers.push(answer),
      onEnd: (error) => this.ends.push(error),
    });
  }

  /** `count` rows at a stream offset; their Kafka offsets begin at `kafkaOffset`. */
  send(offset: number, count: number, kafkaOffset = offset): void {
    this.sendPayload(offset, this.#bench.encode(TABLE, this.#bench.rows(kafkaOffset, count)));
  }

  sendPayload(offset: number, payload: unknown): void {
    this.call.write({ writeStream: this.#stream, offset, payload, withSchema: this.#sent++ === 0 });
  }

  /** Ends the connection, before the stream gets another one. */
  async close(): Promise<void> {
    const { runtime } = this.#bench.endpoint;
    this.call.end();
    for (let waitedMs = 0; this.ends.length === 0 && waitedMs < CLOSE_MS; waitedMs += POLL_MS)
      await runtime.sleep(POLL_MS);
    this.call.cancel();
  }

  /** The first `count` answers, or fewer if the call ended before. */
  async answered(count: number): Promise<readonly AppendAnswer[]> {
    await this.#bench.until(`answer ${count} of an append`, () => this.answers.length >= count || this.ends.length > 0);
    return this.answers;
  }

  /** What refused the n-th request (from 0): its own answer, or the end of the call. */
  refusal(index: number): RpcError | undefined {
    const answer = this.answers[index];
    return answer === undefined ? this.ends[0] : answer.error;
  }
}

const HOUR_MS = 3_600_000;

function row(topic: string, kafkaOffset: number, runtime: Runtime, change: Partial<Payment>): AcceptedRow {
  return {
    kafkaOffset,
    payment: {
      transactionId: `${topic}-${kafkaOffset}`,
      senderAccountId: 'conformance-sender',
      receiverAccountId: 'conformance-receiver',
      amount: BigInt(kafkaOffset + 1) * 1_000_000_001n,
      currency: 'EUR',
      deviceId: 'device',
      ipAddress: '10.0.0.1',
      eventTimeMs: Math.floor(runtime.nowMs() / HOUR_MS) * HOUR_MS + kafkaOffset,
      region: 'eu-west',
      paymentMethod: 'card',
      ...change,
    },
    fraud: {
      riskAmount: 'LOW',
      txnCount5Min: 1,
      uniqueDevicesSender: 1,
      geographicRisk: 0,
      fraudScore: 5,
      isHighRisk: false,
    },
  };
}
