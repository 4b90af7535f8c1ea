/** The store on S3 against a real server (moto), and what it says of every way that one refuses or disappears. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemRuntime } from '../../../base/system-runtime.ts';
import { type S3Store as S3Server, startS3Store } from '../../../infra/s3/s3-store.ts';
import { UnknownOutcomeError } from '../ports.ts';
import { METADATA, tableOn, write } from '../testing/log-fixture.ts';
import { type S3Options, S3Store } from './s3-store.ts';

const BUCKET = 'lake-of-tests';
let server: S3Server;
let store: S3Store;

const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
const open = (options: Partial<S3Options> = {}): S3Store =>
  new S3Store({
    location: `s3://${BUCKET}/a/b`,
    endpoint: server.url,
    region: 'us-east-1',
    credentials,
    runtime: systemRuntime,
    ...options,
  });
const bytes = (text: string): Uint8Array => Buffer.from(text);
const textOf = async (key: string, range?: { from: number; to?: number }, of = store) => {
  const read = await of.get(key, range);
  return read === undefined ? undefined : Buffer.from(read).toString();
};
async function listed(prefix: string, after?: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const page of store.list(prefix, after)) keys.push(...page.map(({ key }) => key));
  return keys;
}

beforeAll(async () => {
  server = await startS3Store();
  await server.makeBucket(BUCKET);
  store = open();
});
afterAll(async () => {
  store.close();
  await server[Symbol.asyncDispose]();
});

describe('an object in a bucket', () => {
  test('is created by one of many that try at once, and read by all', async () => {
    for (let key = 0; key < 5; key++) {
      const outcomes = await Promise.all(
        Array.from({ length: 16 }, (_, writer) => store.create(`race/${key}`, bytes(`by ${writer}`))),
      );
      expect(outcomes.filter((outcome) => outcome === 'created')).toHaveLength(1);
      expect(await textOf(`race/${key}`)).toBe(`by ${outcomes.indexOf('created')}`);
    }
    expect(await listed('_provenonce_probe/')).toEqual([]);
  });

  test('is replaced, read in part, and removed', async () => {
    await store.replace('x', bytes('old'));
    await store.replace('x', bytes('0123456789'));
    await store.create('empty', new Uint8Array());
    expect(await textOf('x')).toBe('0123456789');
    expect(await textOf('x', { from: 0, to: 4 })).toBe('0123');
    expect(await textOf('x', { from: 8, to: 40 })).toBe('89');
    expect(await textOf('x', { from: -3 })).toBe('789');
    expect(await textOf('x', { from: 20 })).toBe('');
    expect(await textOf('empty', { from: 0, to: 1 })).toBe('');
    expect(await textOf('none', { from: 0, to: 1 })).toBeUndefined();
    await store.remove(['none', 'x']);
    await store.remove(['empty']);
    expect(await textOf('x')).toBeUndefined();
  });

  test('is listed in the order of keys, past a page, after a key', async () => {
    const names = Array.from({ length: 1_100 }, (_, index) => `many/${String(index).padStart(5, '0')}.json`);
    for (let at = 0; at < names.length; at += 50) {
      await Promise.all(names.slice(at, at + 50).map((name) => store.create(name, bytes(name))));
    }
    expect(await listed('many/')).toEqual(names);
    expect(await listed('many/', names[1_050])).toEqual(names.slice(1_051));
    for await (const [object] of store.list('many/00001')) {
      expect(object).toMatchObject({ key: 'many/00001.json', byteLength: 15 });
      expect(Math.abs(object!.modifiedAtMs - Date.now())).toBeLessThan(60_000);
    }
    await store.remove(names);
    expect(await listed('many/')).toEqual([]);
  });

  test('is a commit of a table: of two processes with one condition one lands', async () => {
    const tables = [tableOn(store), tableOn(store)];
    await Promise.all(tables.map((table) => table.ensure(METADATA)));
    const [one, two] = await Promise.all(
      tables.map((table, index) =>
        table.commit((snapshot) => (snapshot.txns.has('once') ? undefined : write(`f${index}`, { once: 1 }))),
      ),
    );
    expect([one!.files.size, two!.files.size, one!.version]).toEqual([1, 1, 1]);
  });
});

describe('a store that refuses', () => {
  test('by a bucket that is not there, is named', async () => {
    const other = open({ location: 's3://no-such-bucket/a' });
    await expect(other.create('x', bytes('x'))).rejects.toMatchObject({ what: 'bucket' });
    await expect(other.get('x')).rejects.toMatchObject({ what: 'bucket' });
    await expect(other.list('x')[Symbol.asyncIterator]().next()).rejects.toMatchObject({ what: 'bucket' });
  });

  test('by a location that is none, is named', () => {
    for (const location of ['s3://', 's3:/x/y', 's3://Upper/x', 's3://zone--use1-az4--x-s3/x']) {
      expect(() => open({ location })).toThrow(/DELTA_LOCATION/);
    }
  });
});

describe('a store of which nothing is known after a request', () => {
  /** Answers every request so; `undefined` cuts the connection. */
  async function answering(
    status: number | undefined,
    code = '',
    delayMs = 0,
  ): Promise<{ readonly endpoint: string; readonly http: Server }> {
    const http = createServer((request, response) => {
      request.resume().on('end', () => {
        if (status === undefined) request.socket.destroy();
        else
          setTimeout(() => {
            response.writeHead(status, { 'content-type': 'application/xml' });
            if (status === 200) response.end();
            else response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>said so</Message></Error>`);
          }, delayMs);
      });
    });
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    return { endpoint: `http://127.0.0.1:${(http.address() as AddressInfo).port}`, http };
  }

  async function createOn(http: Server, options: Partial<S3Options>): Promise<unknown> {
    const faulty = open({ trustsConditions: true, ...options });
    const outcome = await faulty.create('x', bytes('x')).catch((error: unknown) => error);
    faulty.close();
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
    return outcome;
  }

  test.each<[string, number | undefined, string]>([
    ['cuts the connection', undefined, ''],
    ['has an error within', 500, 'InternalError'],
    ['stands behind a gateway that gives up', 504, ''],
  ])('that %s is asked again by the caller', async (_, status, code) => {
    const { endpoint, http } = await answering(status, code);
    expect(await createOn(http, { endpoint })).toBeInstanceOf(UnknownOutcomeError);
  });

  test('that does not answer in time is asked again by the caller', async () => {
    const { endpoint, http } = await answering(200, '', 60_000);
    expect(await createOn(http, { endpoint, requestTimeoutMs: 200 })).toBeInstanceOf(UnknownOutcomeError);
  });

  test.each([
    [503, 'SlowDown'],
    [409, 'ConditionalRequestConflict'],
  ])('is not meant by %s %s: nothing was done', async (status, code) => {
    const { endpoint, http } = await answering(status, code);
    const error = await createOn(http, { endpoint });
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toBeInstanceOf(UnknownOutcomeError);
    expect(String(error)).toContain(`${code}: said so`);
  });

  test.each([
    [403, 'AccessDenied', 'permission'],
    [400, 'ExpiredToken', 'credentials'],
  ])('is not meant by %s %s: it is refused', async (status, code, what) => {
    const { endpoint, http } = await answering(status, code);
    expect(await createOn(http, { endpoint })).toMatchObject({ what });
  });

  test('is not meant by 412: another one was first', async () => {
    const { endpoint, http } = await answering(412, 'PreconditionFailed');
    expect(await createOn(http, { endpoint })).toBe('exists');
  });

  test('is refused before the first create if it overwrites what was to be created', async () => {
    const { endpoint, http } = await answering(200);
    const outcome = await createOn(http, { endpoint, trustsConditions: false });
    expect(outcome).toMatchObject({ what: 'other', message: expect.stringMatching(/ignores If-None-Match/) });
  });

  test('is not meant by a port on which nobody listens', async () => {
    const { endpoint, http } = await answering(200);
    const port = new URL(endpoint).port;
    const error = await createOn(http, { endpoint: `http://127.0.0.1:${port === '1' ? '2' : '1'}` });
    expect(error).not.toBeInstanceOf(UnknownOutcomeError);
    expect(String(error)).toMatch(/ECONNREFUSED/);
  });
});
