/**
 * What this machine has for real runs, what it lacks, and which way `auto` would choose. It only looks: it fetches,
 * starts and changes nothing. The report is plain data; doctor-text.ts puts it into words.
 */
import { access, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { cacheDirectory, isCached } from './native/cache.ts';
import { emulatorVenvEntry } from './native/emulator-venv.ts';
import { kafkaJarsEntry } from './native/kafka-jars.ts';
import { findDocker, findJava, findMaven, findPython, hasImage, type ToolLook } from './native/tools.ts';
import { EMULATOR_IMAGE, KAFKA_IMAGE } from './types.ts';

export const NODE_MAJOR_LEAST = 24;
/** What a first native start needs: the venv, the jars, and room for data. */
export const FREE_BYTES_LEAST = 2 * 1024 ** 3;

export interface DoctorOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly emulatorImage?: string;
}

export interface DoctorReport {
  readonly node: { readonly version: string; readonly ok: boolean };
  readonly docker: ToolLook & { readonly images: readonly { readonly name: string; readonly present: boolean }[] };
  readonly java: ToolLook;
  readonly maven: ToolLook;
  /** Whether MAVEN_REPOSITORY_URL is set: the other way to the broker's jars. */
  readonly mavenRepositoryUrl: boolean;
  readonly python: ToolLook;
  readonly cache: {
    readonly directory: string;
    readonly kafka: boolean;
    readonly emulator: boolean;
    readonly freeBytes: number | undefined;
  };
  /** Whether each way can be gone, as far as looking tells. An image that is absent may still be pulled. */
  readonly ways: { readonly docker: 'yes' | 'if images can be pulled' | 'no'; readonly native: 'yes' | 'no' };
  /** The way that `auto` tries first and probably takes; undefined if there is none. */
  readonly auto: 'docker' | 'native' | undefined;
  /** The same for a broker alone, which is all that a pipeline into Delta tables needs. */
  readonly autoBroker: 'docker' | 'native' | undefined;
}

export async function doctor(options: DoctorOptions = {}): Promise<DoctorReport> {
  const env = options.env ?? process.env;
  const [docker, java, maven, python] = await Promise.all([
    findDocker(env),
    findJava(env),
    findMaven(env),
    findPython(env),
  ]);
  const names = [KAFKA_IMAGE, options.emulatorImage ?? EMULATOR_IMAGE];
  const images = await Promise.all(
    names.map(async (name) => ({ name, present: docker.usable !== undefined && (await hasImage(name, env)) })),
  );
  const directory = cacheDirectory(env);
  const cache = {
    directory,
    kafka: await isCached(directory, await kafkaJarsEntry()),
    emulator: python.usable !== undefined && (await isCached(directory, await emulatorVenvEntry(python.usable))),
    freeBytes: await freeBytes(directory),
  };
  const mavenRepositoryUrl = Boolean(env.MAVEN_REPOSITORY_URL);
  const jars = cache.kafka || maven.usable !== undefined || mavenRepositoryUrl;
  const native = java.usable && python.usable && jars ? 'yes' : 'no';
  const allThere = images.every((image) => image.present);
  const dockerWay = docker.usable ? (allThere ? 'yes' : 'if images can be pulled') : 'no';
  const version = process.versions.node;
  return {
    node: { version, ok: Number.parseInt(version, 10) >= NODE_MAJOR_LEAST },
    docker: { ...docker, images },
    java,
    maven,
    mavenRepositoryUrl,
    python,
    cache,
    ways: { docker: dockerWay, native },
    auto: dockerWay !== 'no' ? 'docker' : native === 'yes' ? 'native' : undefined,
    autoBroker: dockerWay !== 'no' ? 'docker' : java.usable && jars ? 'native' : undefined,
  };
}

/** Of the nearest ancestor that exists. */
async function freeBytes(directory: string): Promise<number | undefined> {
  for (let at = directory; ; at = dirname(at)) {
    const there = await access(at).then(
      () => true,
      () => false,
    );
    if (there)
      return await statfs(at).then(
        (found) => found.bavail * found.bsize,
        () => undefined,
      );
    if (at === dirname(at)) return undefined;
  }
}
