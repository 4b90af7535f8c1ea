/** The parts of a suite of scenarios: a broker, and what its sink needs: an emulator, a folder, or an S3-compatible store. */
import path from 'node:path';
import { startS3Store } from '../infra/s3/s3-store.ts';
import { startBroker, startInfra } from '../infra/start-infra.ts';
import type { InfraOptions, InfraWay } from '../infra/types.ts';
import type { WorldInfra } from './real/real-world-options.ts';
import type { DeltaWorldSink, WorldSink } from './real/tables/world-tables.ts';
import type { SinkName } from './sink-names.ts';

export const STORE_NAMES = ['disk', 's3'] as const;
export type StoreName = (typeof STORE_NAMES)[number];

export interface SinkChoice {
  readonly sink: SinkName;
  /** Of Delta Lake. */
  readonly store: StoreName;
}

export interface RunParts extends AsyncDisposable {
  readonly way: InfraWay;
  readonly infra: WorldInfra;
  readonly sink: WorldSink;
}

const BUCKET = 'provenonce';

/** `folder`: of the suite; the tables of Delta Lake on a disk stay below it. Throws InfraUnavailableError. */
export async function startParts(choice: SinkChoice, options: InfraOptions, folder: string): Promise<RunParts> {
  if (choice.sink === 'bigquery') {
    const infra = await startInfra(options);
    const { way } = infra;
    return { way, infra, sink: { kind: 'bigquery' }, [Symbol.asyncDispose]: () => infra.stop() };
  }
  const broker = await startBroker(options);
  try {
    const sink = await deltaSink(choice.store, options, folder);
    return {
      way: broker.way,
      infra: broker,
      sink,
      async [Symbol.asyncDispose]() {
        await broker.stop();
        await sink.stop();
      },
    };
  } catch (error) {
    await broker.stop();
    throw error;
  }
}

async function deltaSink(
  store: StoreName,
  { env = process.env, onProgress }: InfraOptions,
  folder: string,
): Promise<DeltaWorldSink & { stop(): Promise<void> }> {
  if (store === 'disk') return { kind: 'delta', location: path.resolve(folder, 'tables'), stop: async () => {} };
  const s3 = await startS3Store(env, (text) => onProgress?.({ part: 'infra', text }));
  await s3.makeBucket(BUCKET);
  // The lab's own sink reads the process's environment, as any program that uses the AWS SDK.
  Object.assign(process.env, s3.env);
  return { kind: 'delta', location: `s3://${BUCKET}/lab`, env: s3.env, stop: async () => s3[Symbol.asyncDispose]() };
}
