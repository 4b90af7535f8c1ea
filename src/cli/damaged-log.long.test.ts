/**
 * A log whose bytes changed on the broker's disk, on real parts: verify reports UNKNOWN and where; the batch is
 * skipped; the processor continues after it, and so does verify, which then passes and lists the skipped offsets.
 */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { systemRuntime } from '../base/system-runtime.ts';
import type { VerifyReport } from '../checks/verify.ts';
import { obtainBrokerSoftware } from '../infra/native/native.ts';
import { nativeBroker } from '../infra/native/native-broker.ts';
import { type PortBlock, reservePorts } from '../infra/ports.ts';
import { Reaper } from '../infra/reaper/reaper.ts';
import { runSimulator } from '../simulator/run-simulator.ts';

const MAIN = path.join(import.meta.dirname, 'main.ts');
const EVENTS = 300;
/** Five commands in sequence, on a machine that may be busy. */
const LIMIT_MS = 240_000;

const reaper = new Reaper();
let directory: string;
let ports: PortBlock;
let env: Record<string, string>;
let topic: string;

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'provenonce-damaged-log-'));
  ports = await reservePorts();
  const software = await obtainBrokerSoftware(process.env, () => {});
  const broker = await nativeBroker({ ...software, reaper, ports, data: directory, env: process.env });
  await broker.start();
  const id = randomUUID().slice(0, 8);
  topic = `damaged-${id}`;
  env = {
    PATH: process.env.PATH ?? '',
    METADATA_SERVER_DETECTION: 'none',
    KAFKA_BOOTSTRAP_SERVERS: `127.0.0.1:${ports.kafka}`,
    KAFKA_TOPIC_PAYMENTS: topic,
    KAFKA_GROUP_ID: topic,
    BIGQUERY_PROJECT: inject('bigqueryProjectId'),
    BIGQUERY_EMULATOR_HOST: inject('bigqueryEmulatorHost'),
    BIGQUERY_STORAGE_EMULATOR_HOST: inject('bigqueryStorageEmulatorHost'),
    BIGQUERY_DATASET: `damaged_${id}`,
    CHECKPOINT_LOCATION: path.join(directory, 'state'),
    LOG_FORMAT: 'json',
    METRICS_PORT: '0',
  };
});

afterAll(async () => {
  await reaper.end();
  ports?.release();
  if (directory !== undefined) await rm(directory, { recursive: true, force: true });
});

function run(...args: string[]): Promise<{ readonly code: number; readonly out: string; readonly said: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...args], { env, timeout: 120_000, maxBuffer: 2 ** 26 }, (error, out, errors) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, said: out + errors }),
    );
  });
}

async function verified(): Promise<{ readonly code: number; readonly report: VerifyReport }> {
  const { code, out, said } = await run('verify', '--json');
  expect(out, said).not.toBe('');
  return { code, report: JSON.parse(out) as VerifyReport };
}

interface Held {
  readonly baseOffset: number;
  readonly lastOffset: number;
  /** Where its bytes lie in the file. */
  readonly from: number;
  readonly to: number;
}

/** The batches of partition 0 on the broker's disk. */
async function batchesOnDisk(): Promise<{ readonly file: string; readonly bytes: Buffer; readonly batches: Held[] }> {
  const folder = path.join(directory, 'kafka', 'logs', `${topic}-0`);
  const name = (await readdir(folder)).find((each) => each.endsWith('.log'))!;
  const file = path.join(folder, name);
  const bytes = await readFile(file);
  const batches: Held[] = [];
  for (let from = 0; from + 61 <= bytes.length && bytes.readInt32BE(from + 8) > 0; ) {
    const to = from + 12 + bytes.readInt32BE(from + 8);
    const baseOffset = Number(bytes.readBigInt64BE(from));
    batches.push({ baseOffset, lastOffset: baseOffset + bytes.readInt32BE(from + 23), from, to });
    from = to;
  }
  return { file, bytes, batches };
}

test(
  'a batch that changed on disk: unknown with its offset, given up, gone around, and PASS with the range listed',
  async () => {
    const sent = await run('simulate', '--count', String(EVENTS), '--partitions', '1', '--json');
    expect(sent, sent.said).toMatchObject({ code: 0 });
    const first = await run('process', '--until-caught-up');
    expect(first, first.said).toMatchObject({ code: 0 });
    const processedTo = (await batchesOnDisk()).batches.at(-1)!.lastOffset + 1;
    await runSimulator(
      {
        dials: { count: EVENTS, partitions: 1, seed: 2 },
        kafka: {
          connection: { brokers: [`127.0.0.1:${ports.kafka}`], clientId: 'damaged-log-test' },
          topic,
          compression: 'zstd',
          patienceMs: 20_000,
        },
        ledgerPath: path.join(directory, 'sent.jsonl'),
        batchRecordsMax: 100,
      },
      systemRuntime,
    );
    const { file, bytes, batches } = await batchesOnDisk();
    const added = batches.filter(({ baseOffset }) => baseOffset >= processedTo);
    expect(added.length).toBeGreaterThan(2);
    const damaged = added[1]!;
    bytes[damaged.to - 1]! ^= 0xff;
    await writeFile(file, bytes);

    const unknown = await verified();
    expect(unknown).toMatchObject({ code: 2, report: { verdict: 'UNKNOWN' } });
    const [why] = unknown.report.unknown;
    expect(why).toContain(`nothing from offset ${damaged.baseOffset} on was checked: batch_damaged`);
    expect(why).toContain('CRC32C');

    const { baseOffset: from, lastOffset } = damaged;
    const range = ['--partition', '0', '--from', String(from), '--to', String(lastOffset + 1)];
    const skipped = await run('skip', ...range, '--reason', 'damaged on disk', '--by', 'test');
    expect(skipped, skipped.said).toMatchObject({ code: 0 });
    const around = await run('process', '--until-caught-up');
    expect(around, around.said).toMatchObject({ code: 0 });

    const after = await verified();
    expect(after.report.unknown).toEqual([]);
    expect(after).toMatchObject({ code: 0, report: { verdict: 'PASS' } });
    expect(after.report.skipped[0]).toContain(`offsets ${from} to ${lastOffset}`);
    const [partition] = after.report.partitions;
    expect(partition!.nextOffset).toBe(partition!.logEndOffset);
    expect(partition!.recordsChecked).toBe(partition!.logEndOffset - (lastOffset + 1 - from));
  },
  LIMIT_MS,
);
