/**
 * Objects in a bucket of S3 or a store like it. `create` is a PUT on condition that the key is not there (If-None-Match: *):
 * 412 means that another one was first, 409 that it must be tried again, and anything that leaves the outcome open is an unknown outcome.
 *
 * The SDK retries nothing: a repeated conditional PUT would find its own first attempt and answer "exists".
 */
import type { PutObjectCommandInput, S3Client } from '@aws-sdk/client-s3';
import { ConfigurationError } from '../../../base/errors.ts';
import { type ByteRange, type ObjectStore, type StoredObject, StoreRefusedError } from '../ports.ts';
import { nameOf, s3Error, statusOf } from './s3-errors.ts';
import { checkKey, checkPrefix } from './store-keys.ts';

export interface S3Options {
  /** s3://bucket/prefix */
  readonly location: string;
  /** Of another store than AWS; its buckets are in the path then. Default: as the SDK finds it. */
  readonly endpoint?: string | undefined;
  readonly region?: string | undefined;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined;
  /** One request, its answer included. */
  readonly requestTimeoutMs?: number;
}

const REQUEST_TIMEOUT_MS = 60_000;
const CONNECTION_TIMEOUT_MS = 10_000;
/** Of one DeleteObjects request, by S3's own limit. */
const REMOVED_MAX = 1_000;

type Sdk = typeof import('@aws-sdk/client-s3');

/** The bucket and the prefix, which ends in `/` or is empty. */
export function parseS3Location(location: string): { readonly bucket: string; readonly prefix: string } {
  const [, bucket, rest = ''] = /^s3:\/\/([^/]+)(?:\/(.*))?$/.exec(location) ?? [];
  if (bucket === undefined || !/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket)) {
    throw new ConfigurationError([
      `DELTA_LOCATION ${location}: must be s3://bucket/prefix, with the bucket in lower case`,
    ]);
  }
  if (bucket.endsWith('--x-s3')) {
    throw new ConfigurationError([
      `DELTA_LOCATION ${location}: a directory bucket (S3 Express) does not list in order. Use a general purpose bucket`,
    ]);
  }
  const prefix = rest.replace(/\/+$/, '');
  if (prefix !== '') checkKey(prefix);
  return { bucket, prefix: prefix === '' ? '' : `${prefix}/` };
}

/** Loads the SDK. Nothing is asked of the store yet. */
export async function openS3Store(options: S3Options): Promise<S3Store> {
  const { location, endpoint, region, credentials } = options;
  const { bucket, prefix } = parseS3Location(location);
  const sdk = await import('@aws-sdk/client-s3');
  const client = new sdk.S3Client({
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    ...(region === undefined ? {} : { region }),
    ...(credentials === undefined ? {} : { credentials }),
    maxAttempts: 1,
    requestHandler: { connectionTimeout: CONNECTION_TIMEOUT_MS },
    // Other stores do not know the newer checksums.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
  return new S3Store(sdk, client, bucket, prefix, options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS);
}

export class S3Store implements ObjectStore {
  readonly name: string;
  readonly #sdk: Sdk;
  readonly #client: S3Client;
  readonly #bucket: string;
  readonly #prefix: string;
  readonly #requestTimeoutMs: number;

  constructor(sdk: Sdk, client: S3Client, bucket: string, prefix: string, requestTimeoutMs: number) {
    this.name = `s3://${bucket}/${prefix}`.replace(/\/$/, '');
    this.#sdk = sdk;
    this.#client = client;
    this.#bucket = bucket;
    this.#prefix = prefix;
    this.#requestTimeoutMs = requestTimeoutMs;
  }

  async create(key: string, bytes: Uint8Array): Promise<'created' | 'exists'> {
    try {
      await this.#put(key, bytes, { IfNoneMatch: '*' });
      return 'created';
    } catch (error) {
      if (statusOf(error) === 412 || nameOf(error) === 'PreconditionFailed') return 'exists';
      throw s3Error(error, this.#where(key), true);
    }
  }

  async replace(key: string, bytes: Uint8Array): Promise<void> {
    try {
      await this.#put(key, bytes, {});
    } catch (error) {
      throw s3Error(error, this.#where(key), true);
    }
  }

  async get(key: string, range?: ByteRange): Promise<Uint8Array | undefined> {
    const command = new this.#sdk.GetObjectCommand({ ...this.#at(key), Range: rangeText(range) });
    try {
      const { Body, ContentLength } = await this.#client.send(command, this.#limit());
      const bytes = (await Body?.transformToByteArray()) ?? new Uint8Array();
      if (ContentLength === undefined || bytes.length === ContentLength) return bytes;
      throw new Error(`${bytes.length} bytes came, of ${ContentLength}`);
    } catch (error) {
      // Past the end of an object that is there.
      if (statusOf(error) === 416) return new Uint8Array();
      if (nameOf(error) === 'NoSuchKey') return undefined;
      throw s3Error(error, this.#where(key), false);
    }
  }

  async *list(prefix: string, after?: string): AsyncIterable<readonly StoredObject[]> {
    checkPrefix(prefix);
    let token: string | undefined;
    do {
      const command = new this.#sdk.ListObjectsV2Command({
        Bucket: this.#bucket,
        Prefix: this.#prefix + prefix,
        StartAfter: after === undefined ? undefined : this.#prefix + after,
        ContinuationToken: token,
      });
      const answer = await this.#client.send(command, this.#limit()).catch((error: unknown) => {
        throw s3Error(error, this.#where(prefix), false);
      });
      yield (answer.Contents ?? []).map(({ Key = '', Size = 0, LastModified }) => ({
        key: Key.slice(this.#prefix.length),
        byteLength: Size,
        modifiedAtMs: LastModified?.getTime() ?? 0,
      }));
      token = answer.IsTruncated ? answer.NextContinuationToken : undefined;
      if (answer.IsTruncated && token === undefined)
        throw new Error(`${this.#where(prefix)}: a list without its next page`);
    } while (token !== undefined);
  }

  async remove(keys: readonly string[]): Promise<void> {
    for (let at = 0; at < keys.length; at += REMOVED_MAX) await this.#remove(keys.slice(at, at + REMOVED_MAX));
  }

  close(): void {
    this.#client.destroy();
  }

  async #remove(keys: readonly string[]): Promise<void> {
    const [first = ''] = keys;
    try {
      if (keys.length === 1) {
        await this.#client.send(new this.#sdk.DeleteObjectCommand(this.#at(first)), this.#limit());
        return;
      }
      const Objects = keys.map((key) => ({ Key: this.#at(key).Key }));
      const command = new this.#sdk.DeleteObjectsCommand({ Bucket: this.#bucket, Delete: { Objects, Quiet: true } });
      const { Errors: errors = [] } = await this.#client.send(command, this.#limit());
      const failed = errors.find(({ Code }) => Code !== 'NoSuchKey');
      if (failed !== undefined) throw Object.assign(new Error(failed.Message), { name: failed.Code ?? 'Error' });
    } catch (error) {
      throw s3Error(error, `${this.#where(first)} and ${keys.length - 1} more`, true);
    }
  }

  async #put(key: string, bytes: Uint8Array, condition: Pick<PutObjectCommandInput, 'IfNoneMatch'>): Promise<void> {
    const command = new this.#sdk.PutObjectCommand({
      ...this.#at(key),
      Body: bytes,
      ContentLength: bytes.length,
      ...condition,
    });
    await this.#client.send(command, this.#limit());
  }

  #at(key: string): { readonly Bucket: string; readonly Key: string } {
    checkKey(key);
    return { Bucket: this.#bucket, Key: this.#prefix + key };
  }

  #limit(): { readonly abortSignal: AbortSignal } {
    return { abortSignal: AbortSignal.timeout(this.#requestTimeoutMs) };
  }

  #where(key: string): string {
    return `${this.name}/${key}`;
  }
}

/**
 * Puts one object twice: a store that ignores the condition would overwrite commits, and rows with them. Asked once at the start,
 * of a key that nobody else has.
 */
export async function checkConditionalWrites(store: ObjectStore, key: string): Promise<void> {
  await store.create(key, Buffer.from('first'));
  const second = await store.create(key, Buffer.from('second'));
  await store.remove([key]);
  if (second === 'exists') return;
  throw new StoreRefusedError(
    'other',
    `${store.name} overwrites an object that was to be created (it ignores If-None-Match): two processes would overwrite each ` +
      "other's commits. Use another store; `provenonce conformance --sink delta` tests one",
  );
}

function rangeText(range: ByteRange | undefined): string | undefined {
  if (range === undefined) return undefined;
  const { from, to } = range;
  if (from < 0) return `bytes=${from}`;
  return `bytes=${from}-${to === undefined ? '' : to - 1}`;
}
