import { describe, expect, it } from 'vitest';
import { ContradictionError } from '../processor/errors.ts';
import type { Seed, StreamRef } from '../processor/ports.ts';
import { RestClient } from './rest-client.ts';
import { bigQueryEndpoints, contractSink } from './testing/contract-endpoints.ts';
import { FIXED, settings } from './testing/sample-rows.ts';

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

function streams(epoch: number): StreamRef[] {
  return [
    { epoch, table: 'payment_transactions', name: `projects/p/datasets/d/tables/t/streams/${epoch}`, createdAtMs: 5 },
  ];
}

describe('ownership', () => {
  it('seeding from several processes at once makes one row per partition, and touches none that is there', async () => {
    await using sink = await contractSink();
    await using other = await contractSink({ dataset: sink.dataset.dataset, withoutSchema: true });
    await Promise.all([sink, other, sink, other].map(({ queries }) => queries.seed(TOPIC, seeds(4))));
    const owned = await sink.queries.readOwnership(TOPIC);
    expect(owned.map(({ partition }) => partition)).toEqual([0, 1, 2, 3]);
    expect(owned[2]).toEqual({
      topic: TOPIC,
      partition: 2,
      epoch: 0,
      owner: '',
      claimId: '',
      streams: [],
      partitionCount: 4,
      startOffset: 20,
      fixed: FIXED,
      history: [settings(20)],
      skipped: [],
      claimedAtMs: expect.any(Number),
    });
    await sink.queries.seed(TOPIC, seeds(6));
    expect(await sink.queries.readOwnership(TOPIC)).toHaveLength(6);
    expect((await sink.queries.readOwnership(TOPIC)).slice(0, 4)).toEqual(owned);
    expect(await sink.queries.topics()).toEqual([TOPIC]);
    expect(await sink.queries.readOwnership('other')).toEqual([]);
  });

  it('seeds again when the job of the first attempt is done and rows are missing', async () => {
    await using sink = await contractSink();
    await sink.queries.seed(TOPIC, seeds(2));
    await change(sink.dataset, `DELETE FROM ${sink.table('partition_ownership')} WHERE kafka_partition = 1`);
    await sink.queries.seed(TOPIC, seeds(2));
    expect(await sink.queries.readOwnership(TOPIC)).toHaveLength(2);
  });

  it('of 8 concurrent claims exactly one wins, as the row read back says', async () => {
    await using sink = await contractSink();
    await sink.queries.seed(TOPIC, seeds(1));
    const claimIds = Array.from({ length: 8 }, (_, i) => `claim-${i}`);
    const wonByItsReader = await Promise.all(
      claimIds.map(async (claimId) => {
        await sink.queries.claim(TOPIC, [
          { partition: 0, expectedEpoch: 0, claimId, owner: `owner of ${claimId}`, streams: streams(1) },
        ]);
        const [row] = await sink.queries.readOwnership(TOPIC);
        return row!.claimId === claimId;
      }),
    );
    expect(wonByItsReader.filter(Boolean)).toHaveLength(1);
    const [row] = await sink.queries.readOwnership(TOPIC);
    expect(row).toMatchObject({ epoch: 1, owner: `owner of ${row!.claimId}`, streams: streams(1) });
  });

  it('claims of several partitions go in one statement, each on its own condition', async () => {
    await using sink = await contractSink();
    await sink.queries.seed(TOPIC, seeds(3));
    const claim = (partition: number, expectedEpoch: number, claimId: string) => ({
      partition,
      expectedEpoch,
      claimId,
      owner: "it's me; --",
      streams: streams(expectedEpoch + 1),
    });
    await sink.queries.claim(TOPIC, [claim(1, 0, 'a')]);
    await sink.queries.claim(TOPIC, [claim(0, 0, 'b'), claim(1, 0, 'c'), claim(2, 0, 'd')]);
    expect((await sink.queries.readOwnership(TOPIC)).map(({ claimId, epoch }) => [claimId, epoch])).toEqual([
      ['b', 1],
      ['a', 1],
      ['d', 1],
    ]);
    await sink.queries.claim(TOPIC, [claim(1, 1, 'e')]);
    expect((await sink.queries.readOwnership(TOPIC))[1]).toMatchObject({ claimId: 'e', epoch: 2, startOffset: 10 });
  });

  it('settings are added under our claim only, and once, however often they are asked for', async () => {
    await using sink = await contractSink();
    await sink.queries.seed(TOPIC, seeds(2));
    await sink.queries.claim(TOPIC, [
      { partition: 1, expectedEpoch: 0, claimId: 'ours', owner: 'o', streams: streams(1) },
    ]);
    const entry = settings(500, '12.5');
    await sink.queries.addSettings(TOPIC, 1, 'theirs', settings(400));
    await sink.queries.addSettings(TOPIC, 1, 'ours', entry);
    await sink.queries.addSettings(TOPIC, 1, 'ours', entry);
    const [zero, one] = await sink.queries.readOwnership(TOPIC);
    expect(zero!.history).toEqual([settings(0)]);
    expect(one!.history).toEqual([settings(10), entry]);
  });

  it.each([
    ['streams are not JSON', "streams = 'oops'"],
    ['the history is empty', "settings_history = '[]'"],
    ['a stream names no table of ours', 'streams = \'[{"epoch":1,"table":"x","name":"y","createdAtMs":0}]\''],
  ])('a row is a contradiction with a name when %s', async (_, assignment) => {
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
