/**
 * Objects in a bucket of S3 or a store like it. `create` is a PUT on condition that the key is not there (If-None-Match: *):
 * 412 means that another one was first, 409 that it must be tried again, and anything that leaves the outcome open is an unknown outcome.
 *
 * The SDK retries nothing: a repeated conditional PUT would find its own first attempt and answer "exists".
 */
import type { PutObjectCommandInput, S3Client } from '@aws-sdk/client-s3';
import { ConfigurationError } from '../../../base/errors.ts';
import type { Runtime } from '../../../base/runtime.ts';
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
  readonly runtime: Pick<Runtime, 'uuid'>;
  /** Leaves out the test of the store before the first create: conformance makes its own. */
  readonly trustsConditions?: boolean;
}

const REQUEST_TIMEOUT_MS = 60_000;
const CONNECTION_TIMEOUT_MS = 10_000;
/** Below the location; no table has the name. */
const PROBE_PREFIX = '_provenonce_probe/';
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

/** What the store calls the SDK by. Loaded with the first request: a sink on a disk never loads it. */
interface Client {
  readonly sdk: Sdk;
  readonly s3: S3Client;
}

async function clientOf({ endpoint, region, credentials }: S3Options): Promise<Client> {
  const sdk = await import('@aws-sdk/client-s3');
  const s3 = new sdk.S3Client({
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    ...(region === undefined ? {} : { region }),
    ...(credentials === undefined ? {} : { credentials }),
    maxAttempts: 1,
    requestHandler: { connectionTimeout: CONNECTION_TIMEOUT_MS },
    // Other stores do not know the newer checksums.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
  return { sdk, s3 };
}

export class S3Store implements ObjectStore {
  readonly name: string;
  readonly #options: S3Options;
  readonly #bucket: string;
  readonly #prefix: string;
  #client: Promise<Client> | undefined;
  /** Whether conditional writes are known to work. */
  #isChecked: boolean;

  /** Throws ConfigurationError for a location that is none. Asks nothing of the store yet. */
  constructor(options: S3Options) {
    const { bucket, prefix } = parseS3Location(options.location);
    this.name = `s3://${bucket}/${prefix}`.replace(/\/$/, '');
    this.#options = options;
    this.#bucket = bucket;
    this.#prefix = prefix;
    this.#isChecked = options.trustsConditions === true;
  }

  async create(key: string, bytes: Uint8Array): Promise<'created' | 'exists'> {
    if (!this.#isChecked) await this.#checkConditions();
    try {
      await this.#put(key, bytes, { IfNoneMatch: '*' });
      return 'created';
    } catch (error) {
      if (isTaken(error)) return 'exists';
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
    const at = this.#at(key);
    try {
      const { sdk, s3 } = await this.#connect();
      const command = new sdk.GetObjectCommand({ ...at, Range: rangeText(range) });
      const { Body, ContentLength } = await s3.send(command, this.#limit());
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
    const { sdk, s3 } = await this.#connect();
    let token: string | undefined;
    do {
      const command = new sdk.ListObjectsV2Command({
        Bucket: this.#bucket,
        Prefix: this.#prefix + prefix,
        StartAfter: after === undefined ? undefined : this.#prefix + after,
        ContinuationToken: token,
      });
      const answer = await s3.send(command, this.#limit()).catch((error: unknown) => {
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
    this.#client?.then(({ s3 }) => s3.destroy()).catch(() => {}); // it never opened
  }

  async #remove(keys: readonly string[]): Promise<void> {
    const [first = ''] = keys;
    try {
      const { sdk, s3 } = await this.#connect();
      if (keys.length === 1) {
        await s3.send(new sdk.DeleteObjectCommand(this.#at(first)), this.#limit());
        return;
      }
      const Objects = keys.map((key) => ({ Key: this.#at(key).Key }));
      const command = new sdk.DeleteObjectsCommand({ Bucket: this.#bucket, Delete: { Objects, Quiet: true } });
      const { Errors: errors = [] } = await s3.send(command, this.#limit());
      const failed = errors.find(({ Code }) => Code !== 'NoSuchKey');
      if (failed !== undefined) throw Object.assign(new Error(failed.Message), { name: failed.Code ?? 'Error' });
    } catch (error) {
      throw s3Error(error, `${this.#where(first)} and ${keys.length - 1} more`, true);
    }
  }

  async #put(key: string, bytes: Uint8Array, condition: Pick<PutObjectCommandInput, 'IfNoneMatch'>): Promise<void> {
    const { sdk, s3 } = await this.#connect();
    const command = new sdk.PutObjectCommand({
      ...this.#at(key),
      Body: bytes,
      ContentLength: bytes.length,
      ...condition,
    });
    await s3.send(command, this.#limit());
  }

  #connect(): Promise<Client> {
    this.#client ??= clientOf(this.#options);
    return this.#client;
  }

  /**
   * Creates one object twice: a store that ignores the condition would overwrite commits, and rows with them. Asked once by each
   * process, of a key that it alone has.
   */
  async #checkConditions(): Promise<void> {
    const key = `${PROBE_PREFIX}${this.#options.runtime.uuid()}`;
    let outcome: 'created' | 'exists' = 'created';
    try {
      await this.#put(key, Buffer.from('first'), { IfNoneMatch: '*' });
      await this.#put(key, Buffer.from('second'), { IfNoneMatch: '*' });
    } catch (error) {
      if (!isTaken(error)) throw s3Error(error, this.#where(key), false);
      outcome = 'exists';
    }
    await this.remove([key]).catch(() => {}); // an object that no table has
    if (outcome === 'created') {
      throw new StoreRefusedError(
        'other',
        `${this.name} overwrites an object that was to be created (it ignores If-None-Match): processes would overwrite each ` +
          "other's commits. Use another store; `provenonce conformance --sink delta` tests one",
      );
    }
    this.#isChecked = true;
  }

  #at(key: string): { readonly Bucket: string; readonly Key: string } {
    checkKey(key);
    return { Bucket: this.#bucket, Key: this.#prefix + key };
  }

  #limit(): { readonly abortSignal: AbortSignal } {
    return { abortSignal: AbortSignal.timeout(this.#options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS) };
  }

  #where(key: string): string {
    return `${this.name}/${key}`;
  }
}

function isTaken(error: unknown): boolean {
  return statusOf(error) === 412 || nameOf(error) === 'PreconditionFailed';
}

function rangeText(range: ByteRange | undefined): string | undefined {
  if (range === undefined) return undefined;
  const { from, to } = range;
  if (from < 0) return `bytes=${from}`;
  return `bytes=${from}-${to === undefined ? '' : to - 1}`;
}
