/** One AppendRows call with everything that it was answered, and the rows that tests send through it. */

import type { EncodedRows, StreamRef } from '../../../sinks/bigquery/ports.ts';
import { batchOf } from '../../../sinks/bigquery/rows/batch-of.ts';
import { acceptedRow, STAMP } from '../../../sinks/bigquery/testing/sample-rows.ts';
import type { AppendAnswer, AppendCall, RpcError } from '../../../sinks/bigquery/write/write-rpc.ts';
import type { SinkClient, SinkUnderTest } from './sink-under-test.ts';

export const TABLE = 'payment_transactions';

/** Rows of payment_transactions at these Kafka offsets, in the partition of the test. */
export function encode({ encoder, partition }: SinkUnderTest, fromOffset: number, count: number): EncodedRows {
  const rows = Array.from({ length: count }, (_, i) => acceptedRow(fromOffset + i));
  return encoder.encode(TABLE, batchOf(TABLE, rows), { ...STAMP, partition });
}

export async function newStream(sink: SinkUnderTest): Promise<StreamRef> {
  const name = await sink.settle(sink.streams.create(TABLE));
  return { epoch: 1, table: TABLE, name, createdAtMs: sink.runtime.nowMs() };
}

/** Kafka offsets of the rows that a query sees, in its order. */
export async function stored(sink: SinkUnderTest): Promise<number[]> {
  const rows = await sink.settle(sink.queries.rowsFrom(TABLE, sink.partition, 0));
  return rows.map(({ row }) => row.kafkaOffset);
}

export class RawCall {
  readonly answers: AppendAnswer[] = [];
  readonly ends: (RpcError | undefined)[] = [];
  readonly call: AppendCall;
  /** Whether a handler ran within one of our own calls. */
  reentered = false;
  readonly #sink: SinkUnderTest;
  readonly #stream: string;
  #sent = 0;
  #calling = true;

  /** `client`: whose connection it is; default: the sink's own. */
  constructor(sink: SinkUnderTest, stream: string, client: SinkClient = sink) {
    this.#sink = sink;
    this.#stream = stream;
    this.call = client.rpc.appendRows(stream, {
      onAnswer: (answer) => {
        this.reentered ||= this.#calling;
        this.answers.push(answer);
      },
      onEnd: (error) => {
        this.reentered ||= this.#calling;
        this.ends.push(error);
      },
    });
    this.#calling = false;
  }

  /** Sends `count` rows at a stream offset; their Kafka offsets begin at `kafkaOffset`. */
  send(offset: number, count: number, kafkaOffset = offset): void {
    this.#calling = true;
    const { payload } = encode(this.#sink, kafkaOffset, count);
    this.call.write({ writeStream: this.#stream, offset, payload, withSchema: this.#sent++ === 0 });
    this.#calling = false;
  }

  end(): void {
    this.#calling = true;
    this.call.end();
    this.#calling = false;
  }
}
