/** Statements: who wins, what runs once, and what a takeover reads (bigquery facts A3, A4). */

import { DEFAULT_DECISION_SETTINGS, FOLD_VERSION } from '../payments/settings.ts';
import type { Seed } from '../processor/ports.ts';
import { quotedTable } from '../sinks/bigquery/identifiers.ts';
import type { CheckpointRow } from '../sinks/bigquery/ports.ts';
import { BackfillQueries } from '../sinks/bigquery/query/backfill-queries.ts';
import { QueryJobs } from '../sinks/bigquery/query/query-job.ts';
import { RestError } from '../sinks/bigquery/query/rest-client.ts';
import { DEFAULT_SINK_LIMITS } from '../sinks/bigquery/sink-limits.ts';
import { type Bench, TABLE } from './bench.ts';
import { demand, demandEqual, show } from './demand.ts';
import { differs, type Need, type Result } from './need.ts';

const CLAIMS = 8;

function seedOf({ partition }: Bench): Seed {
  const fixed = { idHorizonMs: 0, windowMs: 60_000, activitySpanMs: 300_000, minEventTimeMs: 0 };
  const history = [{ fromOffset: 0, foldVersion: FOLD_VERSION, decision: DEFAULT_DECISION_SETTINGS }];
  return { partition, partitionCount: 1, startOffset: 0, fixed, history };
}

async function oneWins(bench: Bench): Promise<string> {
  const { topic, partition } = bench;
  await bench.queries.seed(topic, [seedOf(bench)]);
  const claims = Array.from({ length: CLAIMS }, (_, i) =>
    (i % 2 === 0 ? bench.queries : bench.otherQueries).claim(topic, [
      { partition, expectedEpoch: 0, claimId: `claim-${i}`, owner: `owner-${i}`, streams: [] },
    ]),
  );
  await Promise.all(claims);
  const [row] = await bench.otherQueries.readOwnership(topic);
  demandEqual(row?.epoch, 1, `epoch after ${CLAIMS} claims that expect 0`);
  demand(/^claim-\d$/.test(row!.claimId), () => `claim id ${show(row!.claimId)}`);
  const winner = row!.claimId.slice('claim-'.length);
  demandEqual(row!.owner, `owner-${winner}`, 'owner beside the claim id');
  return `of ${CLAIMS} at once, one changed the row`;
}

async function lateClaim(bench: Bench): Promise<string> {
  const { topic, partition } = bench;
  await bench.queries.seed(topic, [seedOf(bench)]);
  const claim = (claimId: string) => ({ partition, expectedEpoch: 0, claimId, owner: claimId, streams: [] });
  await bench.queries.claim(topic, [claim('first')]);
  await bench.otherQueries.claim(topic, [claim('late')]);
  const [row] = await bench.queries.readOwnership(topic);
  demandEqual([row?.epoch, row?.claimId], [1, 'first'], 'epoch and claim after a claim that expects what is gone');
  return 'a claim that expects an older epoch changes nothing';
}

async function seedsOnce(bench: Bench): Promise<string> {
  const { topic } = bench;
  const seed = seedOf(bench);
  await Promise.all([bench.queries, bench.otherQueries, bench.queries].map((queries) => queries.seed(topic, [seed])));
  demandEqual((await bench.otherQueries.readOwnership(topic)).length, 1, 'rows after seeding three times at once');
  return 'INSERT WHERE NOT EXISTS under one job id, three times at once: one row';
}

/** Two jobs of one id, the second with another statement, which must not run. */
async function jobIdOnce({ endpoint, topic }: Bench): Promise<Result | string> {
  const jobId = `provenonce_conformance_${endpoint.runtime.uuid()}`;
  const table = quotedTable(endpoint.dataset, 'backfill_turns');
  const location = (await endpoint.rest.jobLocation?.()) ?? endpoint.rest.location;
  const insert = (turn: number) => {
    const query = `INSERT INTO ${table} (topic, turn, turn_id, owner, taken_at, pending)
SELECT '${topic}', ${turn}, '', '', CURRENT_TIMESTAMP(), ''`;
    const jobReference = { jobId, ...(location === undefined ? {} : { location }) };
    const body = { jobReference, configuration: { query: { query, useLegacySql: false } } };
    return endpoint.rest.request<object>({ method: 'POST', path: '/jobs', body });
  };
  await insert(1);
  try {
    await insert(2);
  } catch (error) {
    demand(error instanceof RestError && error.isDuplicate, () => `a second job of one id: ${show(String(error))}`);
    return 'the second one is refused as a duplicate';
  }
  return differs('the second one ran as well; changes run one after the other, so settling a lost one still works');
}

async function positionQueries(bench: Bench): Promise<string> {
  const { topic, partition } = bench;
  const checkpoint = (nextOffset: number): CheckpointRow => ({
    topic,
    partition,
    owner: 'conformance',
    writerEpoch: 1,
    nextOffset,
    watermarkMs: 1_700_000_000_001,
    counters: { consumed: nextOffset, accepted: nextOffset, duplicates: 0, late: 0, rejected: 0 },
    streamOffsets: {
      payment_transactions: nextOffset,
      payment_transactions_fraud: nextOffset,
      payment_metrics_partials: 0,
      payment_exceptions: 0,
    },
    stateDigest: 'v1:0123',
    recordFingerprint: `${nextOffset - 1}:0123456789abcdef`,
  });
  await bench.put('checkpoint_log', [checkpoint(9), checkpoint(3), checkpoint(11)]);
  demandEqual(await bench.otherQueries.latestCheckpoint(topic, partition), checkpoint(11), 'the greatest checkpoint');
  await bench.put(TABLE, [...bench.rows(12, 1), ...bench.rows(2, 3), ...bench.rows(11, 1)]);
  const rows = await bench.otherQueries.rowsFrom(TABLE, partition, 3);
  demandEqual(
    rows.map(({ row }) => row.kafkaOffset),
    [3, 4, 11, 12],
    'offsets of rows from 3 on',
  );
  const batches = await Array.fromAsync(bench.otherQueries.payments(partition, 12, 0));
  demandEqual(
    batches.flat().map(({ kafkaOffset }) => kafkaOffset),
    [2, 3, 4, 11],
    'offsets of payments below 12',
  );
  return 'greatest checkpoint, rows past it in fold order, payments for a rebuild';
}

/** The MERGE of `backfill`, with an id that is there and one that is not. */
async function mergeBesideStreams(bench: Bench): Promise<string> {
  const { dataset, runtime, rest } = bench.endpoint;
  const { topic, partition } = bench;
  const stream = await bench.stream();
  const call = bench.call(stream);
  call.send(0, 1);
  await call.answered(1);
  const jobs = new QueryJobs({ rest, runtime, limits: DEFAULT_SINK_LIMITS, nothing: 'SELECT 1' });
  const backfill = new BackfillQueries(jobs, dataset, runtime);
  const payments = [bench.rows(0, 1)[0]!, bench.rows(10, 1)[0]!];
  const late = payments.map(({ kafkaOffset, payment }) => ({ partition, offset: kafkaOffset + 100, payment }));
  for (const number of [1, 2]) {
    const failure = await backfill.insertPayments({ topic, number, turnId: '', owner: '', pending: [] }, late);
    demand(failure === undefined, () => `MERGE ${number}: ${failure?.message}`);
  }
  const stored = await backfill.stored(payments.map(({ payment }) => payment.transactionId));
  const seen = stored.map(({ offset, writerEpoch }) => ({ offset, writerEpoch })).sort((l, r) => l.offset - r.offset);
  const expected = [
    { offset: 0, writerEpoch: 1 },
    { offset: 110, writerEpoch: 0 },
  ];
  demandEqual(seen, expected, 'rows after two MERGEs of one id that was there and one that was not');
  call.send(1, 1);
  demandEqual((await call.answered(2))[1]?.acknowledged, true, 'the open stream still takes rows');
  demandEqual(await bench.finalize(stream), 2, 'row count of the stream, which the MERGE must not change');
  return 'ids that are there stay, others go in; the open stream and its row count know nothing of it';
}

export const QUERY_NEEDS: readonly Need[] = [
  {
    name: 'one-claim-wins',
    statement: 'of concurrent conditional UPDATEs of one row, one wins',
    basis: 'inferred',
    check: oneWins,
  },
  {
    name: 'late-claim-loses',
    statement: 'a conditional UPDATE that comes late changes nothing',
    basis: 'documented',
    check: lateClaim,
  },
  {
    name: 'seeded-once',
    statement: 'seeding from several processes leaves one row',
    basis: 'inferred',
    check: seedsOnce,
  },
  { name: 'job-id-once', statement: 'a job id runs once', basis: 'documented', check: jobIdOnce },
  {
    name: 'position-queries',
    statement: 'a takeover reads how far a partition got',
    basis: 'documented',
    check: positionQueries,
  },
  {
    name: 'merge-beside-streams',
    statement: 'MERGE inserts only ids that are missing, beside an open write stream',
    basis: 'documented',
    check: mergeBesideStreams,
  },
];
