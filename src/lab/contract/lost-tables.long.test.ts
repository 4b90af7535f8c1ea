/**
 * Every table of a dataset, dropped, with a processor running and with none: it has a name everywhere, nothing is made in its
 * place, and restored it is accepted, and work continues with it. One dataset for all of them, one after the other.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemRuntime } from '../../base/system-runtime.ts';
import { noStateStore } from '../../local-state/open-state-store.ts';
import { DEFAULT_DECISION_SETTINGS } from '../../payments/settings.ts';
import { silentObserver } from '../../processor/events.ts';
import { DEFAULT_LIMITS } from '../../processor/limits.ts';
import { type ExitReport, Processor } from '../../processor/processor.ts';
import { comparedRows } from '../../sinks/bigquery/dataset/compared-rows.ts';
import { RULES_TABLE, SCHEMAS_TABLE, TABLES } from '../../sinks/bigquery/dataset/names.ts';
import { datasetStatements } from '../../sinks/bigquery/dataset/statements.ts';
import { processorSink } from '../../sinks/bigquery/processor-sink.ts';
import { type ContractSink, contractSink } from '../../sinks/bigquery/testing/contract-endpoints.ts';
import { FedLog } from './testing/fed-log.ts';

const TOPIC = 'payments';
const DAY_MS = 86_400_000;
const TIMEOUT_MS = 300_000;

let sink: ContractSink;
const log = new FedLog(TOPIC);

beforeAll(async () => {
  sink = await contractSink();
  log.feed(40, systemRuntime.nowMs() - 3 * DAY_MS);
  await runUntil(log.length);
  await sink.jobs.change({
    what: 'a turn',
    sql: `INSERT INTO ${sink.table('backfill_turns')} (topic, turn, turn_id, owner, taken_at, pending)
      VALUES ('${TOPIC}', 1, 'x', 'x', CURRENT_TIMESTAMP(), '')`,
  });
  await change(`INSERT INTO ${sink.table('payment_transactions')}
    SELECT * REPLACE (0 AS writer_epoch, 'txn-late' AS transaction_id) FROM ${sink.table('payment_transactions')}
    WHERE kafka_offset = 0`);
}, TIMEOUT_MS);
afterAll(() => sink.close());

/** A processor on a connection of its own, without local state. */
function start(): { readonly stop: AbortController; readonly ended: Promise<ExitReport> } {
  const stop = new AbortController();
  const processor = new Processor(
    {
      topic: TOPIC,
      owner: `owner-${systemRuntime.uuid()}`,
      seed: { idHorizonMs: 0, windowMs: 60_000, activitySpanMs: 300_000, minEventAgeMs: 9 * 365 * DAY_MS },
      decision: DEFAULT_DECISION_SETTINGS,
      startAt: { kind: 'earliest' },
      untilCaughtUp: false,
      acceptClockRisk: false,
      acceptNothing: true,
      limits: { ...DEFAULT_LIMITS, checkpointIntervalMs: 100, topicCheckIntervalMs: 2_000 },
    },
    {
      runtime: systemRuntime,
      observer: silentObserver,
      log: log.source(),
      sink: processorSink({
        runtime: systemRuntime,
        observer: silentObserver,
        queries: sink.queries,
        inspection: sink.inspector,
        streams: sink.streams,
        encoder: sink.encoder,
      }),
      state: noStateStore,
    },
  );
  return { stop, ended: processor.run(stop.signal) };
}

async function untilCheckpointed(offset: number): Promise<void> {
  for (;;) {
    if (((await sink.queries.latestCheckpoint(TOPIC, 0))?.nextOffset ?? 0) >= offset) return;
    await systemRuntime.sleep(300);
  }
}

async function runUntil(offset: number): Promise<void> {
  const { stop, ended } = start();
  await untilCheckpointed(offset);
  stop.abort();
  expect(await ended).toMatchObject({ exitCode: 0 });
}

async function change(sql: string): Promise<void> {
  await sink.jobs.change({ what: sql.slice(0, 40), sql });
}

async function rowsOf(table: string): Promise<number> {
  const [row] = await sink.queries.runQuery(`SELECT COUNT(*) AS n FROM ${sink.table(table)} WHERE writer_epoch > 0`);
  return Number(row?.n);
}

/** As `bq cp` of an earlier moment does: another table with the rows of this one. */
async function restore(table: string): Promise<void> {
  const { tables } = await datasetStatements({ dataset: sink.dataset });
  await change(tables.get(table)!);
  await change(`INSERT INTO ${sink.table(table)} SELECT * FROM ${sink.table(`${table}_copy`)}`);
}

/** The tables of rules and schemas are missed once a history names rules: apply-to-dataset.test.ts. */
const ALWAYS_NEEDED = TABLES.filter((table) => table !== RULES_TABLE && table !== SCHEMAS_TABLE);

describe.each(ALWAYS_NEEDED)('%s', (table) => {
  it('is dropped while a processor runs, and again while none does: it is missing, by name, and is not made', {
    timeout: TIMEOUT_MS,
  }, async () => {
    const { ended } = start();
    log.feed(5, systemRuntime.nowMs() - 3 * DAY_MS);
    await untilCheckpointed(log.length);
    await change(`CREATE OR REPLACE TABLE ${sink.table(`${table}_copy`)} AS SELECT * FROM ${sink.table(table)}`);
    await change(`DROP TABLE ${sink.table(table)}`);
    log.feed(5, systemRuntime.nowMs() - 3 * DAY_MS);
    expect(await ended).toMatchObject({ exitCode: 65, error: { code: 'table_missing' } });

    const missing = { code: 'table_missing', message: expect.stringMatching(new RegExp(`^${table}: .*bq cp`)) };
    await expect(sink.applySchema()).rejects.toMatchObject(missing);
    await expect(sink.ensureSchema(['currency'])).rejects.toMatchObject(missing);
    await expect(comparedRows(sink)).rejects.toMatchObject(missing);
    await expect(sink.queries.runQuery(`SELECT 1 FROM ${sink.table(table)}`)).rejects.toThrow();

    await restore(table);
    const another = { code: 'table_replaced', message: expect.stringMatching(new RegExp(`^${table}: `)) };
    await expect(sink.applySchema()).rejects.toMatchObject(another);
    await expect(sink.ensureSchema(['currency'])).rejects.toMatchObject(another);
    await expect(comparedRows(sink)).rejects.toMatchObject(another);
  });

  it('is not accepted without its rows, is with them, and the next processor continues', {
    timeout: TIMEOUT_MS,
  }, async () => {
    const accepting = { restored: new Set([table]), lost: new Set<string>() };
    await change(`DELETE FROM ${sink.table(table)} WHERE TRUE`);
    await expect(sink.applySchema(undefined, { accepting })).rejects.toMatchObject({
      message: expect.stringContaining(`${table}: `),
    });
    await change(`INSERT INTO ${sink.table(table)} SELECT * FROM ${sink.table(`${table}_copy`)}`);
    const applied = await sink.applySchema(undefined, { accepting });
    expect(applied.markedTables).toEqual([table]);
    await runUntil(log.length);
    expect(await comparedRows(sink)).toEqual({ lost: undefined, tooMany: [], acceptedLosses: [] });
    const accepted = await rowsOf('payment_transactions');
    expect(accepted + (await rowsOf('payment_exceptions'))).toBe(log.length);
    expect(await rowsOf('payment_transactions_fraud')).toBe(accepted);
  });
});
