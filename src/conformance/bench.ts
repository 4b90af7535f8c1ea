/**
 * What a need is tried on: one endpoint, one dataset made for it, rows and raw append calls. Every need gets a Kafka partition
 * and streams of its own, so that needs do not see each other's rows. Waits are bounded: what does not come is a failure.
 */
import { ArrowRowEncoder } from '../bigquery/arrow-encoder.ts';
import type { DatasetRef } from '../bigquery/identifiers.ts';
import { BigQueryQueries } from '../bigquery/queries.ts';
import type { RestCalls } from '../bigquery/rest-client.ts';
import { DEFAULT_SINK_LIMITS } from '../bigquery/sink-limits.ts';
import type { AppendAnswer, AppendCall, RpcError, WriteRpc } from '../bigquery/write-rpc.ts';
import type { AcceptedRow, AppendTable, Payment } from '../payments/types.ts';
import type { AppendRows, Runtime } from '../processor/ports.ts';

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

  /** A new COMMITTED stream on a table. */
  stream(table: AppendTable = TABLE): Promise<string> {
    const { projectId, dataset } = this.endpoint.dataset;
    return this.endpoint.rpc.createWriteStream(`projects/${projectId}/datasets/${dataset}/tables/${table}`);
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
    return this.encoder.encode(table, rows, stamp).payload;
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

  async finalize(stream: string): Promise<number> {
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

/** One AppendRows call and everything that it was told. */
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

  /** So many answers, or fewer where the call ended before. */
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
