/**
 * When each offset of a partition was first seen to be covered, from outside: looks in the order of time, each with the
 * position of every partition. Together with the records' own times that gives the latency of every record.
 */

import { systemRuntime } from '../../src/base/system-runtime.ts';
import type { KafkaConnectionOptions } from '../../src/kafka/client/connection-options.ts';
import { readTopic } from '../../src/kafka/read-topic.ts';

interface Look {
  /** End of the look, ms since the epoch. */
  readonly atMs: number;
  /** Everything below was covered. */
  readonly below: number;
}

export class ProgressLog {
  readonly #looks = new Map<number, Look[]>();

  /** Looks without anything new are not kept. */
  add(atMs: number, belowByPartition: ReadonlyMap<number, number>): void {
    for (const [partition, below] of belowByPartition) {
      const looks = this.#looks.get(partition) ?? [];
      this.#looks.set(partition, looks);
      if (below > (looks.at(-1)?.below ?? 0)) looks.push({ atMs, below });
    }
  }

  /**
   * From each record's Kafka timestamp (its producer's clock, which is this machine's) to the look that first saw it.
   * Records with a timestamp before `fromMs` are left out. Throws if a record was never seen.
   */
  async latenciesMs(connection: KafkaConnectionOptions, topic: string, fromMs: number): Promise<number[]> {
    const latencies: number[] = [];
    const next = new Map<number, number>();
    for await (const { partition, records } of await readTopic({ connection, topic, runtime: systemRuntime })) {
      const looks = this.#looks.get(partition) ?? [];
      let at = next.get(partition) ?? 0;
      for (const { offset, timestampMs } of records) {
        while (at < looks.length && looks[at]!.below <= offset) at += 1;
        if (at === looks.length) throw new Error(`offset ${offset} of partition ${partition} was never seen to come`);
        if (timestampMs >= fromMs) latencies.push(looks[at]!.atMs - timestampMs);
      }
      next.set(partition, at);
    }
    return latencies;
  }
}
