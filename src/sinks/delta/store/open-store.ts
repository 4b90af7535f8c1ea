/** The store of a location, as DELTA_LOCATION names it. */
import { ConfigurationError } from '../../../base/errors.ts';
import type { Runtime } from '../../../base/runtime.ts';
import type { ObjectStore } from '../ports.ts';
import { DiskStore } from './disk-store.ts';
import { S3Store } from './s3-store.ts';

export interface OpenStoreOptions {
  readonly runtime: Pick<Runtime, 'uuid'>;
  /** The SDK of S3 reads the environment itself: this is for what it does not do by itself. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly requestTimeoutMs?: number;
  readonly trustsConditions?: boolean;
}

/** Throws ConfigurationError for a location that is not supported. Asks nothing of the store yet. */
export function openStore(location: string, options: OpenStoreOptions): ObjectStore {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(location)?.[1];
  if (scheme === undefined) return new DiskStore(location, options.runtime);
  if (scheme !== 's3') {
    throw new ConfigurationError([
      `DELTA_LOCATION ${location}: ${scheme}:// is not supported. Use a folder, or s3://bucket/prefix (also of other stores, ` +
        'with AWS_ENDPOINT_URL)',
    ]);
  }
  const { env = process.env, ...rest } = options;
  // Given as an option, so that the bucket is in the path: stores other than AWS seldom have a name for each bucket.
  const endpoint = env.AWS_ENDPOINT_URL_S3 ?? env.AWS_ENDPOINT_URL;
  return new S3Store({ location, endpoint: endpoint === '' ? undefined : endpoint, ...rest });
}
