/** Ownership rows in the real service, beyond the contract that the simulation shares (src/lab/contract). */
import { describe, expect, it } from 'vitest';
import { ContradictionError } from '../../../base/errors.ts';
import type { Seed } from '../../../processor/ports.ts';
import { bigQueryEndpoints, contractSink } from '../testing/contract-endpoints.ts';
import { FIXED, settings } from '../testing/sample-rows.ts';
import { RestClient } from './rest-client.ts';

const TOPIC = 'payments';
function seeds(partitionCount: number): Seed[] {
  return Array.from({ length: partitionCount }, (_, partition) => ({
    partition,
    partitionCount,
    startOffset: partition * 10,
    fixed: FIXED,
    history: [settings(partition * 10)],
  }));
}

describe('ownership', () => {
  it('seeds again when the job of the first attempt is done and rows are missing', async () => {
    await using sink = await contractSink();
    await sink.queries.seed(TOPIC, seeds(2));
    await change(sink.dataset, `DELETE FROM ${sink.table('partition_ownership')} WHERE kafka_partition = 1`);
    await sink.queries.seed(TOPIC, seeds(2));
    expect(await sink.queries.readOwnership(TOPIC)).toHaveLength(2);
  });

  it.each([
    ['streams are not JSON', "streams = 'oops'"],
    ['the history is empty', "settings_history = '[]'"],
    ['a stream names no table of ours', 'streams = \'[{"epoch":1,"table":"x","name":"y","createdAtMs":0}]\''],
  ])('a row is a contradiction with a named error when %s', async (_, assignment) => {
    await using sink = await contractSink();
    await sink.queries.seed(TOPIC, seeds(1));
    await change(sink.dataset, `UPDATE ${sink.table('partition_ownership')} SET ${assignment} WHERE TRUE`);
    const failure = sink.queries.readOwnership(TOPIC);
    await expect(failure).rejects.toBeInstanceOf(ContradictionError);
    await expect(failure).rejects.toMatchObject({ code: 'ownership_rows' });
  });

  it('two rows for one partition are a contradiction', async () => {
    await using sink = await contractSink();
    await sink.queries.seed(TOPIC, seeds(1));
    const table = sink.table('partition_ownership');
    await change(sink.dataset, `INSERT INTO ${table} SELECT * FROM ${table}`);
    await expect(sink.queries.readOwnership(TOPIC)).rejects.toMatchObject({ code: 'ownership_rows' });
  });
});

/** What an operator's hand does. */
async function change(dataset: { projectId: string; dataset: string }, query: string): Promise<void> {
  const { emulatorHost } = bigQueryEndpoints();
  const rest = new RestClient({ dataset, emulatorHost, requestTimeoutMs: 20_000 });
  const body = { configuration: { query: { query, useLegacySql: false } } };
  const job = await rest.request<{ status: object }>({ method: 'POST', path: '/jobs', body });
  expect(job.status).toEqual({ state: 'DONE' });
}
