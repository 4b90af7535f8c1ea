/** What tests of the simulated world share: driving it to the end of a promise, records, rows. */
import type { StreamRef } from '../../sinks/bigquery/ports.ts';
import type { SimPayload } from './bigquery/sim-encoder.ts';
import type { NewRecord } from './kafka/topic.ts';
import { EPOCH_MS } from './world/context.ts';
import type { World } from './world/world.ts';

/** Runs the world until the promise is settled; rejects with its error, or where the world ends before. */
export async function settled<T>(world: World, promise: Promise<T>): Promise<T> {
  let isSettled = false;
  const note = (): void => {
    isSettled = true;
  };
  promise.then(note, note);
  const end = await world.run(() => isSettled);
  if (end !== 'done') throw new Error(`the promise did not settle: ${end} at ${world.nowMs} ms`);
  return promise;
}

/** Runs the world for so long. */
export async function elapse(world: World, forMs: number): Promise<void> {
  const untilMs = world.nowMs + forMs;
  await settled(world, new Promise<void>((resolve) => world.after(untilMs - world.nowMs, resolve)));
}

/** `count` records with a key and a value that says which they are. */
export function someRecords(count: number): NewRecord[] {
  return Array.from({ length: count }, (_, i) => ({
    timestampMs: EPOCH_MS + i,
    key: Buffer.from('k'),
    value: Buffer.from(`v${i}`),
  }));
}

/** A payload of payment_exceptions rows at these Kafka offsets. */
export function exceptionRows(kafkaOffsets: readonly number[], writerEpoch = 1): SimPayload {
  const rows = kafkaOffsets.map((kafkaOffset) => ({
    kafkaOffset,
    disposition: 'rejected' as const,
    reason: 'no_value',
    transactionId: null,
    eventTimeMs: null,
    recordTimeMs: EPOCH_MS,
    firstKafkaOffset: null,
    conflict: false,
    payload: null,
    payloadHash: null,
  }));
  return { table: 'payment_exceptions', rows, stamp: { partition: 0, writerEpoch, processedAtMs: EPOCH_MS } };
}

export function tablePath(table: StreamRef['table']): string {
  return `projects/sim-project/datasets/payment_data/tables/${table}`;
}
