import getPort from 'get-port';
import { expect, it } from 'vitest';
import { UnreachableError } from '../../base/errors.ts';
import { topicInputs } from './topic-inputs.ts';

async function everything(records: AsyncIterable<readonly unknown[]>): Promise<number> {
  let found = 0;
  for await (const chunk of records) found += chunk.length;
  return found;
}

it('a broker that is away is named as such by each question, and is asked nothing for no records', async () => {
  const broker = `127.0.0.1:${await getPort()}`;
  const inputs = topicInputs({
    topic: 't',
    kafka: { brokers: [broker], clientId: 'test' },
    runtime: { sleep: async () => {} },
  });
  const questions = [() => inputs.topicPartitions(), () => inputs.bounds(0), () => everything(inputs.records(0, 0, 5))];
  for (const ask of questions) {
    const error = await ask().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UnreachableError);
    expect(String(error)).toContain(broker);
  }
  expect(await everything(inputs.records(0, 5, 5))).toBe(0);
});
