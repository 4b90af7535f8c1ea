/**
 * `seed` with a rules file, from a topic without a dataset to a verdict of `verify`: wrong rules make nothing, a dry run makes nothing,
 * and what is seeded holds for the processor. Then the same with Avro, whose registry is behind TLS with an authority of its own.
 */
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import avsc from 'avsc';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { systemRuntime } from '../base/system-runtime.ts';
import { connection, newTopic } from '../kafka/testing/broker.ts';
import { sendRecords } from '../lab/real/topic/send-records.ts';
import { PrivateAuthority } from '../registry/testing/private-authority.ts';
import { type CommandEnd, runCommand, sharedEndpoints } from './testing/command-run.ts';
import { inWireFormat } from './testing/registry-bench.ts';

const PARTITIONS = 2;
const PAYMENTS = 24;
const KNOWN = 6;
/** Six commands one after the other, on a machine that may be busy. */
const LIMIT_MS = 540_000;
const FROM_MS = systemRuntime.nowMs() - 600_000;

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'provenonce-seed-rules-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const rules = (amount: string, format = 'json'): string => `revision: 3
event:
  format: ${format}
  transaction_id: { path: /id }
  sender_account_id: { path: /payer }
  amount: { path: ${amount}, minor_units: 2 }
  currency: { path: /currency }
  timestamp: { path: /at }
columns:
  - { name: order_id, path: /order, type: string }
  - { name: cents, path: /cents, type: int64 }
`;

interface Charge {
  readonly id: string;
  readonly payer: string;
  readonly cents: number;
  readonly currency: string;
  readonly at: number;
  readonly order: string;
}
const CHARGES = Array.from(
  { length: PAYMENTS },
  (_, i): Charge => ({
    ...{ id: `ch-${i}`, payer: `acct-${i % PARTITIONS}`, cents: 1_000 + i, currency: 'EUR' },
    ...{ at: FROM_MS + 1_000 * i, order: `o-${i}` },
  }),
);

/** What the emulator has of the dataset: nothing, or its answer to a query. */
async function ask(sql: string, dataset: string): Promise<(string | null)[][] | 'no dataset'> {
  const rest = `http://${inject('bigqueryEmulatorHost')}/bigquery/v2/projects/${inject('bigqueryProjectId')}`;
  const there = await fetch(`${rest}/datasets/${dataset}`);
  if (there.status === 404) return 'no dataset';
  const body = JSON.stringify({ useLegacySql: false, query: sql });
  const headers = { 'content-type': 'application/json' };
  const answer = (await (await fetch(`${rest}/queries`, { method: 'POST', headers, body })).json()) as {
    rows?: { f: { v: string | null }[] }[];
  };
  return (answer.rows ?? []).map(({ f }) => f.map(({ v }) => v));
}

interface Setting {
  readonly dataset: string;
  readonly run: (...args: string[]) => Promise<CommandEnd>;
  /** With some variables set otherwise. */
  readonly runWith: (more: Readonly<Record<string, string>>, ...args: string[]) => Promise<CommandEnd>;
}

/** A topic with the charges, and no dataset yet. */
async function setting(encode: (charge: Charge) => Buffer, rulesText: string): Promise<Setting> {
  const topic = await newTopic(PARTITIONS, { timestamps: 'append' });
  const records = CHARGES.map((charge, i) => ({
    ...{ partition: i % PARTITIONS, key: charge.payer, value: encode(charge) },
  }));
  await sendRecords(connection(), topic, records);
  const rulesFile = path.join(directory, `${topic}.yaml`);
  await writeFile(rulesFile, rulesText);
  const folder = path.join(directory, topic);
  const env: Record<string, string> = { ...sharedEndpoints(topic, folder), RULES_FILE: rulesFile };
  const runWith: Setting['runWith'] = (more, ...args) => runCommand({ ...env, ...more }, ...args);
  return { dataset: env.BIGQUERY_DATASET!, run: (...args) => runWith({}, ...args), runWith };
}

test(
  'JSON with further columns and known ids',
  async () => {
    const { dataset, run, runWith } = await setting((charge) => Buffer.from(JSON.stringify(charge)), rules('/cents'));
    const wrongFile = path.join(directory, 'wrong.yaml');
    await writeFile(wrongFile, rules('/order'));
    const query = `SELECT CONCAT('ch-', CAST(n AS STRING)) AS transaction_id, TIMESTAMP_MILLIS(${FROM_MS} + 1000 * n) AS event_time
FROM UNNEST(GENERATE_ARRAY(0, ${KNOWN - 1})) AS n`;

    const wrong = await runWith({ RULES_FILE: wrongFile }, 'seed', '--known-ids', query);
    expect(wrong, wrong.said).toMatchObject({ code: 65 });
    expect(wrong.said).toMatch(/nothing_accepted: .* none of its first 24 records .* Nothing was made or written\./);
    expect(await ask('', dataset)).toBe('no dataset');

    const dry = await run('seed', '--known-ids', query, '--dry-run', '--json');
    expect(dry, dry.said).toMatchObject({ code: 0 });
    expect(JSON.parse(dry.out)).toMatchObject({ dryRun: true, known: { ids: KNOWN, knownAtStart: KNOWN } });
    expect(await ask('', dataset)).toBe('no dataset');

    const seeded = await run('seed', '--known-ids', query);
    expect(seeded, seeded.said).toMatchObject({ code: 0 });
    expect(seeded.out).toContain(`${KNOWN} of them are known to every partition when it starts`);
    const [[text] = []] = (await ask(`SELECT text FROM ${dataset}.rules`, dataset)) as string[][];
    expect(JSON.parse(text!)).toMatchObject({ revision: 3, event: { amount: { minor_units: 2, path: '/cents' } } });

    // The same revision says something else now: nothing begins.
    const other = await runWith({ RULES_FILE: wrongFile }, 'process', '--until-caught-up');
    expect(other, other.said).toMatchObject({ code: 64 });
    const processed = await run('process', '--until-caught-up');
    expect(processed, processed.said).toMatchObject({ code: 0 });
    const verified = await run('verify', '--json');
    expect(verified, verified.said).toMatchObject({ code: 0 });
    expect(JSON.parse(verified.out)).toMatchObject({ verdict: 'PASS', unknown: [] });

    const payments = `SELECT transaction_id, amount, order_id, cents FROM ${dataset}.payment_transactions ORDER BY event_time`;
    const rows = (await ask(payments, dataset)) as (string | null)[][];
    expect(rows.map(([id, amount, ...columns]) => [id, Number(amount), ...columns])).toEqual(
      CHARGES.slice(KNOWN).map(({ id, cents, order }) => [id, cents / 100, order, `${cents}`]),
    );
    const copies = `SELECT transaction_id, disposition, first_kafka_offset FROM ${dataset}.payment_exceptions ORDER BY event_time`;
    expect(await ask(copies, dataset)).toEqual(CHARGES.slice(0, KNOWN).map(({ id }) => [id, 'duplicate', null]));
  },
  LIMIT_MS,
);

const CHARGE_SCHEMA: avsc.Schema = {
  type: 'record',
  name: 'Charge',
  fields: [
    ...['id', 'payer', 'currency', 'order'].map((name) => ({ name, type: 'string' as const })),
    { name: 'cents', type: 'long' },
    { name: 'at', type: 'long' },
  ],
};
const SCHEMA_ID = 41;

test(
  'Avro, its registry over TLS: a process that does not trust it waits and says why, and one that does begins',
  async () => {
    const authority = new PrivateAuthority('our authority');
    const caFile = path.join(directory, 'authority.pem');
    await writeFile(caFile, authority.ca);
    const asked: string[] = [];
    const server = createServer(authority.issue(), (request, response) => {
      asked.push(`${request.url} ${request.headers.authorization}`);
      response.end(JSON.stringify({ schema: JSON.stringify(CHARGE_SCHEMA) }));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const type = avsc.Type.forSchema(CHARGE_SCHEMA);
      const { run, runWith } = await setting(
        (charge) => inWireFormat(SCHEMA_ID, type.toBuffer(charge)),
        rules('/cents', 'avro'),
      );
      const registry = {
        SCHEMA_REGISTRY_URL: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
        SCHEMA_REGISTRY_USER: 'reader',
        SCHEMA_REGISTRY_PASSWORD: 'hush-hush',
      };
      const trusting = { ...registry, SCHEMA_REGISTRY_CA_FILE: caFile };
      const seeded = await runWith(trusting, 'seed');
      expect(seeded, seeded.said).toMatchObject({ code: 0 });

      const strange = await runWith({ ...registry, UNREACHABLE_AFTER: '3s' }, 'process', '--until-caught-up');
      expect(strange, strange.said).toMatchObject({ code: 69 });
      expect(strange.said).toMatch(/waiting for schema-registry .*certificate/);
      expect(strange.said).not.toContain('hush-hush');
      expect(asked, 'credentials that a server got that is not trusted').toEqual([]);

      const processed = await runWith(trusting, 'process', '--until-caught-up');
      expect(processed, processed.said).toMatchObject({ code: 0 });
      expect(processed.said).toContain(`accepted ${PAYMENTS} of ${PAYMENTS}`);
      const credentials = Buffer.from('reader:hush-hush').toString('base64');
      expect(new Set(asked)).toEqual(new Set([`/schemas/ids/${SCHEMA_ID} Basic ${credentials}`]));
      // The schema is in the dataset: nobody needs the registry.
      server.close();
      server.closeAllConnections();
      const verified = await run('verify', '--json');
      expect(verified, verified.said).toMatchObject({ code: 0 });
      expect(JSON.parse(verified.out)).toMatchObject({ verdict: 'PASS' });
    } finally {
      server.close();
      server.closeAllConnections();
    }
  },
  LIMIT_MS,
);
