/**
 * Tables in a bucket, by a client of the checks' own: what is read is copied to this machine first, because DuckDB's extension for
 * buckets is not part of DuckDB. Address, region and credentials come by the usual chain of the AWS SDK (AWS_ENDPOINT_URL and others).
 */
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { GetObjectCommand, ListObjectsV2Command, NoSuchKey, S3Client } from '@aws-sdk/client-s3';
import { ConfigurationError, UnreachableError } from '../../../base/errors.ts';
import { LOG_FOLDER, type TableFolders } from './table-folders.ts';

/** Objects that are copied side by side. */
const COPIES = 16;

export function bucketFolders(location: string, scratch: string): TableFolders {
  const match = /^s3:\/\/([^/]+)(?:\/(.*?))?\/?$/.exec(location);
  if (match === null) throw new ConfigurationError([`DELTA_LOCATION ${location}: expected s3://bucket/prefix`]);
  return new BucketFolders(match[1]!, match[2] ?? '', path.join(scratch, 'copied'));
}

class BucketFolders implements TableFolders {
  readonly root: string;
  readonly #bucket: string;
  readonly #prefix: string;
  readonly #client: S3Client;
  readonly #copied = new Map<string, number>();

  constructor(bucket: string, prefix: string, root: string) {
    this.#bucket = bucket;
    this.#prefix = prefix;
    this.root = root;
    // With an address of its own the bucket is in the path: stores other than AWS seldom have a name for each bucket.
    const endpoint = process.env.AWS_ENDPOINT_URL_S3 || process.env.AWS_ENDPOINT_URL;
    this.#client = new S3Client(endpoint ? { endpoint, forcePathStyle: true } : {});
  }

  async logOf(table: string): Promise<readonly string[]> {
    const prefix = `${this.#keyOf(table, LOG_FOLDER)}/`;
    const names: string[] = [];
    for (let token: string | undefined, isDone = false; !isDone; isDone = token === undefined) {
      const page = await this.#asked(() =>
        this.#client.send(
          new ListObjectsV2Command({ Bucket: this.#bucket, Prefix: prefix, Delimiter: '/', ContinuationToken: token }),
        ),
      );
      for (const { Key } of page.Contents ?? []) if (Key !== undefined) names.push(Key.slice(prefix.length));
      token = page.NextContinuationToken;
    }
    return names;
  }

  async bringLog(table: string, names: readonly string[]): Promise<void> {
    await this.#copy(names.map((name) => `${table}/${LOG_FOLDER}/${name}`));
  }

  async bringFiles(table: string, paths: readonly string[]): Promise<ReadonlyMap<string, number>> {
    await this.#copy(paths.map((name) => `${table}/${name}`));
    const sizes = paths.map((name) => [name, this.#copied.get(`${table}/${name}`)] as const);
    return new Map(sizes.filter((entry): entry is [string, number] => entry[1] !== undefined));
  }

  async #copy(names: readonly string[]): Promise<void> {
    const missing = names.filter((name) => !this.#copied.has(name));
    for (let at = 0; at < missing.length; at += COPIES)
      await Promise.all(missing.slice(at, at + COPIES).map((name) => this.#copyOne(name)));
  }

  async #copyOne(name: string): Promise<void> {
    const target = path.join(this.root, name);
    await mkdir(path.dirname(target), { recursive: true, mode: 0o700 });
    try {
      const command = new GetObjectCommand({ Bucket: this.#bucket, Key: this.#keyOf(name) });
      const { Body, ContentLength } = await this.#client.send(command);
      await pipeline(Body as Readable, createWriteStream(target, { mode: 0o600 }));
      this.#copied.set(name, Number(ContentLength));
    } catch (error) {
      if (!(error instanceof NoSuchKey)) throw unreachable(this.#bucket, error);
    }
  }

  async #asked<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw unreachable(this.#bucket, error);
    }
  }

  #keyOf(...parts: readonly string[]): string {
    return [this.#prefix, ...parts].filter((part) => part !== '').join('/');
  }
}

/** The SDK has retried it. */
function unreachable(bucket: string, error: unknown): Error {
  const { name = '', message = String(error) } = error as Partial<Error>;
  if (['NoSuchBucket', 'AccessDenied', 'InvalidAccessKeyId', 'SignatureDoesNotMatch', 'ExpiredToken'].includes(name))
    return new ConfigurationError([`bucket ${bucket}: ${name}: ${message}: check DELTA_LOCATION and the credentials`]);
  return new UnreachableError(`bucket ${bucket}: ${name}: ${message}`, { cause: error });
}
