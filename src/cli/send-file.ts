/** Sends the records of a file instead of seeded ones, for `simulate --records`: to try rules files on a broker. */
import { readFileSync } from 'node:fs';
import { ConfigurationError } from '../base/errors.ts';
import { systemRuntime } from '../base/system-runtime.ts';
import { sampleOfLines } from '../rules-check/sample.ts';
import { partitionOfKey } from '../simulator/partitioner.ts';
import { openProducer, type ProducerOptions } from '../simulator/producer.ts';

/** In their order, in one batch for each hundred. Returns how many. Records without a key go to partition 0. */
export async function sendFile(file: string, partitions: number, kafka: ProducerOptions): Promise<number> {
  const records = sampleOfLines(textOf(file), systemRuntime.nowMs()).map(({ record }) => {
    const key = record.key?.toString('utf8') ?? null;
    return { key, value: record.value, partition: key === null ? 0 : partitionOfKey(key, partitions) };
  });
  const producer = await openProducer(kafka, systemRuntime);
  try {
    for (let from = 0; from < records.length; from += 100) await producer.send(records.slice(from, from + 100));
  } finally {
    await producer.close();
  }
  return records.length;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigurationError([`--records ${file}: ${error instanceof Error ? error.message : String(error)}`]);
  }
}
