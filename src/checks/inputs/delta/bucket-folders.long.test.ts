/** verify over Delta tables in a bucket of a real server (moto): what is read is copied, and what is missing is named. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { DeleteObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { ConfigurationError } from '../../../base/errors.ts';
import { type S3Store, startS3Store } from '../../../infra/s3/s3-store.ts';
import { event, faultless, inputsOf, record } from '../../testing/history.ts';
import { verify } from '../../verify.ts';
import { deltaTableInputs } from './delta-inputs.ts';
import { DeltaLocation, TOPIC } from './testing/delta-location.ts';

const LIMIT_MS = 120_000;
const BUCKET = 'lake';
const HISTORY = faultless(Array.from({ length: 12 }, (_, i) => record(i, event(`id-${i}`, i))));
let server: S3Store;
let location: DeltaLocation;

beforeAll(async () => {
  server = await startS3Store();
  for (const [name, value] of Object.entries(server.env)) vi.stubEnv(name, value);
  await server.makeBucket(BUCKET);
  location = await DeltaLocation.make();
  await location.write([HISTORY], 3);
  for (const name of readdirSync(location.folder, { recursive: true, withFileTypes: true })) {
    if (!name.isFile()) continue;
    const file = path.join(name.parentPath, name.name);
    const key = path.relative(location.folder, file).split(path.sep).join('/');
    const body = readFileSync(file);
    const answer = await fetch(`${server.url}/${BUCKET}/a/b/${key}`, { method: 'PUT', body });
    expect(answer.ok).toBe(true);
  }
}, LIMIT_MS);

afterAll(async () => {
  vi.unstubAllEnvs();
  location?.remove();
  await server?.[Symbol.asyncDispose]();
});

const inputs = (place: string) => ({ ...inputsOf(HISTORY), ...deltaTableInputs(TOPIC, place) });

test('tables in a bucket pass as those in a folder do', { timeout: LIMIT_MS }, async () => {
  const report = await verify(inputs(`s3://${BUCKET}/a/b/`));
  expect(Object.values(report.guarantees).flatMap(({ findings }) => findings)).toEqual([]);
  expect(report).toMatchObject({ verdict: 'PASS', partitions: [{ recordsChecked: 12 }] });
});

test('an object that is gone is named', { timeout: LIMIT_MS }, async () => {
  const [gone] = readdirSync(path.join(location.folder, 'payment_transactions')).filter((name) =>
    /parquet$/.test(name),
  );
  const client = new S3Client({ endpoint: server.url, forcePathStyle: true });
  await client.send(new DeleteObjectCommand({ Bucket: BUCKET, Key: `a/b/payment_transactions/${gone}` }));
  client.destroy();
  const { guarantees } = await verify(inputs(`s3://${BUCKET}/a/b`));
  expect(guarantees.G1.findings.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['file_missing', 'lost']));
});

test('no bucket, no tables and another scheme are mistakes of the settings', { timeout: LIMIT_MS }, async () => {
  for (const place of ['s3://nothing/a', `s3://${BUCKET}/nowhere`, 'gs://lake/a'])
    await expect(verify(inputs(place)), place).rejects.toThrow(ConfigurationError);
});
