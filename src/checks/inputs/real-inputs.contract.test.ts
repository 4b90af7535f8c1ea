/** The simulator, the adapters of the checks, and the checks by SQL, on a real broker and a real emulator. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemRuntime } from '../../base/system-runtime.ts';
import { readTopic } from '../../kafka/read-topic.ts';
import { connection, newTopic } from '../../kafka/testing/broker.ts';
import { recordFingerprint } from '../../payments/event/hash.ts';
import { PartitionFold } from '../../payments/fold.ts';
import {
  compileSettings,
  DEFAULT_DECISION_SETTINGS,
  defaultFixedSettings,
  FOLD_VERSION,
} from '../../payments/settings.ts';
import { emptyOutput } from '../../payments/testing/fold-fixture.ts';
import type { AcceptedRow } from '../../payments/types.ts';
import { type LedgerEntry, readLedger } from '../../simulator/ledger.ts';
import { runSimulator } from '../../simulator/run-simulator.ts';
import { billionthsOf, decimalOf, type SimulationSummary } from '../../simulator/summary.ts';
import { type ContractSink, contractSink } from '../../sinks/bigquery/testing/contract-endpoints.ts';
import { appendRows } from '../../sinks/bigquery/testing/sample-rows.ts';
import { assertSumsMatch, assertUnique, sumsOf } from '../by-sql/assertions.ts';
import { reconcile, reconciliationTable } from '../by-sql/reconcile.ts';
import { verify } from '../verify.ts';
import { realInputs } from './real-inputs.ts';

const PARTITIONS = 2;
const FIXED = defaultFixedSettings(systemRuntime.nowMs());
let topic: string;
let sink: ContractSink;
let folder: string;
let summary: SimulationSummary;
let anAccepted: AcceptedRow;

const ledgerPath = (): string => join(folder, 'sent.jsonl');
const inputs = () => realInputs({ topic, kafka: connection(), sink, runtime: systemRuntime });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'provenonce-checks-'));
  topic = await newTopic(PARTITIONS);
  sink = await contractSink();
  summary = await runSimulator(
    {
      dials: { count: 4_000, partitions: PARTITIONS, spanMs: 3 * 3_600_000, duplicateShare: 0.1, malformedShare: 0.05 },
      kafka: { connection: connection(), topic, compression: 'zstd', patienceMs: 20_000 },
      ledgerPath: ledgerPath(),
      batchRecordsMax: 500,
    },
    systemRuntime,
  );
  await fillTables();
});

afterAll(async () => {
  await sink.close();
  await rm(folder, { recursive: true });
});

/** A claim as a release wrote it that did not say its epoch; of one that does, streams would be missing. */
const NO_STREAMS = '6f1c1d0e-52d2-4d0e-9a0b-3b1f6f0f7a11';

/** Owns every partition, and leaves what a processor leaves behind. */
async function fillTables(): Promise<void> {
  const history = [{ fromOffset: 0, foldVersion: FOLD_VERSION, decision: DEFAULT_DECISION_SETTINGS }];
  const partitions = Array.from({ length: PARTITIONS }, (_, partition) => partition);
  const common = { partitionCount: PARTITIONS, startOffset: 0, fixed: FIXED, history };
  await sink.queries.seed(
    topic,
    partitions.map((partition) => ({ partition, ...common })),
  );
  await sink.queries.claim(
    topic,
    partitions.map((partition) => ({ partition, expectedEpoch: 0, claimId: NO_STREAMS, owner: 'test', streams: [] })),
  );
  const folds = partitions.map((partition) => PartitionFold.fresh({ partition, ...common }));
  const outs = partitions.map(emptyOutput);
  const last: string[] = [];
  const settings = compileSettings(DEFAULT_DECISION_SETTINGS);
  for await (const { partition, records } of await readTopic({
    connection: connection(),
    topic,
    runtime: systemRuntime,
  }))
    for (const record of records) {
      folds[partition]!.fold(record, settings, outs[partition]!);
      last[partition] = recordFingerprint(record);
    }
  for (const partition of partitions) {
    const { accepted: batch, partials, exceptions } = outs[partition]!;
    const accepted = [...batch];
    const { nextOffset, watermarkMs, counters } = folds[partition]!;
    await appendRows(sink, 'payment_transactions', accepted, { partition });
    await appendRows(sink, 'payment_transactions_fraud', accepted, { partition });
    await appendRows(sink, 'payment_metrics_partials', partials, { partition });
    await appendRows(sink, 'payment_exceptions', exceptions, { partition });
    const streamOffsets = {
      payment_transactions: accepted.length,
      payment_transactions_fraud: accepted.length,
      payment_metrics_partials: partials.length,
      payment_exceptions: exceptions.length,
    };
    const head = {
      topic,
      partition,
      owner: 'test',
      writerEpoch: 1,
      nextOffset,
      watermarkMs,
      counters: { ...counters },
    };
    const { digest: stateDigest } = folds[partition]!.head();
    const checkpoint = { ...head, streamOffsets, stateDigest, recordFingerprint: last[partition]! };
    await appendRows(sink, 'checkpoint_log', [checkpoint], { partition });
  }
  anAccepted = outs[0]!.accepted.at(100)!;
}

test('the ledger names the offset of every record, and the topic has the same values there', async () => {
  const entries = new Map<string, LedgerEntry>();
  for await (const entry of readLedger(ledgerPath())) entries.set(`${entry.partition}/${entry.offset}`, entry);
  expect(entries.size).toBe(4_000);
  let seen = 0;
  for await (const { partition, records } of await readTopic({
    connection: connection(),
    topic,
    runtime: systemRuntime,
  }))
    for (const { offset, key } of records) {
      seen++;
      expect(entries.get(`${partition}/${offset}`)?.key).toBe(key === null ? null : key.toString());
    }
  expect(seen).toBe(4_000);
});

test('a faultless dataset passes verify, reconcile, and the sums of what was sent', async () => {
  const report = await verify(inputs());
  expect(report.guarantees.G5.findings).toEqual([]);
  expect(report).toMatchObject({ verdict: 'PASS', unknown: [], conditions: [], trusted: [] });
  expect(report.partitions.reduce((sum, { recordsChecked }) => sum + recordsChecked, 0)).toBe(4_000);
  expect(await assertUnique(sink)).toBe(summary.byExpected.accepted);
  await assertSumsMatch(summary.expectedSums, sink);
  await assertSumsMatch(await sumsOf(readLedger(ledgerPath()), ({ expected }) => expected === 'accepted'), sink);
  const reconciliation = await reconcile(sink, { days: 7 });
  expect(reconciliation.verdict).toBe('PASS');
  expect(reconciliationTable(reconciliation).rows[0]).toContain('PASS');
});

test('sums that differ by a billionth are not equal', async () => {
  const [currency, sum] = Object.entries(summary.expectedSums)[0]!;
  const amount = decimalOf(billionthsOf(sum.amount) + 1n);
  const wrong = { ...summary.expectedSums, [currency]: { ...sum, amount } };
  await expect(assertSumsMatch(wrong, sink)).rejects.toThrow(
    `${currency}: sent ${sum.count} payments, ${amount}; stored`,
  );
});

test('a payment written twice fails verify, reconcile and the count of ids', async () => {
  await appendRows(sink, 'payment_transactions', [anAccepted], { partition: 0 });
  const { verdict, guarantees } = await verify(inputs());
  const where = { offsets: [anAccepted.kafkaOffset], transactionIds: [anAccepted.payment.transactionId] };
  expect(verdict).toBe('FAIL');
  expect(guarantees.G1.findings).toMatchObject([{ kind: 'row_twice', ...where, partition: 0 }]);
  expect(guarantees.G2.findings).toMatchObject([{ kind: 'id_twice', transactionIds: where.transactionIds }]);
  await expect(assertUnique(sink)).rejects.toThrow('distinct transaction ids');
  expect((await reconcile(sink)).verdict).toBe('FAIL');
});

test('rows outside every partition and epoch are read as well, and named', async () => {
  const insert = (table: string, values: Record<string, string>) =>
    sink.jobs.change({
      what: `a stray row of ${table}`,
      sql: `INSERT INTO ${sink.table(table)} (${Object.keys(values).join(', ')}) VALUES (${Object.values(values).join(', ')})`,
    });
  // As a table that somebody copied: REQUIRED is gone.
  for (const column of ['kafka_partition', 'event_time'])
    await sink.jobs.change({
      what: `column ${column}`,
      sql: `ALTER TABLE ${sink.table('payment_transactions')} ALTER COLUMN ${column} DROP NOT NULL`,
    });
  const at = "TIMESTAMP '2026-01-15 12:00:00+00'";
  const payment = {
    kafka_partition: '0',
    kafka_offset: '3',
    writer_epoch: '-1',
    processed_at: at,
    transaction_id: "'phantom'",
    sender_account_id: "'s'",
    receiver_account_id: "'r'",
    amount: '999999',
    currency: "'EUR'",
    device_id: "'d'",
    ip_address: "'10.0.0.1'",
    event_time: at,
    region: "'eu-west'",
    payment_method: "'card'",
  };
  await insert('payment_transactions', payment);
  await insert('payment_transactions', { ...payment, kafka_partition: 'NULL', transaction_id: "'nowhere'" });
  await insert('payment_transactions', { ...payment, kafka_partition: '9', transaction_id: "'of nobody'" });
  await insert('payment_transactions', {
    ...payment,
    event_time: 'NULL',
    writer_epoch: '1',
    transaction_id: "'timeless'",
  });
  const { guarantees } = await verify(inputs());
  const strays = guarantees.G1.findings.filter(({ kind }) => kind !== 'row_twice');
  expect(
    new Set(strays.map(({ kind, partition, transactionIds }) => `${kind} ${partition} ${transactionIds}`)),
  ).toEqual(
    new Set(['phantom 9 of nobody', 'null_column null nowhere', 'epoch_of_nobody 0 phantom', 'null_column 0 timeless']),
  );
  expect(guarantees.G5.findings.filter(({ kind }) => kind === 'count_differs')).toEqual([]);
});
