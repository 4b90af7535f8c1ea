/**
 * Fetches locked sets of jars into the cache: with mvn if it is installed, else from the Maven repository of
 * MAVEN_REPOSITORY_URL. Either way every file is compared with the set's lock: lines of sha256 and path below the
 * repository.
 */
import { createHash } from 'node:crypto';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { execa } from 'execa';
import { InfraUnavailableError } from '../types.ts';
import { cached, entryName } from './cache.ts';
import { findMaven } from './tools.ts';

const FETCH_LIMIT_MS = 10 * 60_000;
const PARALLEL_DOWNLOADS = 6;

export interface JarSet {
  /** Of the cache's entry. */
  readonly name: string;
  /** For messages: `the Kafka broker`. */
  readonly what: string;
  readonly sizeMb: number;
  /** Files. */
  readonly pom: string;
  readonly lock: string;
}

interface LockedJar {
  readonly sha256: string;
  /** Below the repository's root. */
  readonly path: string;
}

async function readLock(lock: string): Promise<LockedJar[]> {
  const lines = (await readFile(lock, 'utf8')).split('\n').filter(Boolean);
  return lines.map((line) => {
    const [sha256, path] = line.split(/\s+/);
    return { sha256: sha256!, path: path! };
  });
}

/** The cache entry's name for the locked jars. */
export async function jarsEntry({ name, lock }: JarSet): Promise<string> {
  return entryName(name, await readFile(lock, 'utf8'));
}

/** The directory of the jars, fetched first if the cache has none. `tell`: reports what takes a while. */
export async function mavenJars(
  set: JarSet,
  cache: string,
  env: NodeJS.ProcessEnv,
  tell: (text: string) => void,
): Promise<string> {
  return await cached({
    cache,
    name: await jarsEntry(set),
    onWait: () => tell(`another process is fetching ${set.what}`),
    make: async (making) => {
      const jars = await readLock(set.lock);
      if ((await findMaven(env)).usable) await fetchWithMaven(set, making, env, tell);
      else await fetchFromRepository(set, jars, making, env, tell);
      await verify(set, jars, making);
    },
  });
}

async function fetchWithMaven(
  set: JarSet,
  directory: string,
  env: NodeJS.ProcessEnv,
  tell: (text: string) => void,
): Promise<void> {
  tell(`fetching ${set.what} with mvn (${set.sizeMb} MB, once)`);
  // On a copy, so that nothing is written beside the original.
  const pom = join(directory, 'pom.xml');
  await cp(set.pom, pom);
  const result = await execa(
    'mvn',
    ['-B', '-q', '-f', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${directory}`],
    { env, extendEnv: false, timeout: FETCH_LIMIT_MS, reject: false, all: true },
  );
  if (result.failed) {
    throw new InfraUnavailableError(
      `mvn could not fetch ${set.what}. The end of its output:\n${result.all.slice(-1500)}`,
    );
  }
}

async function fetchFromRepository(
  set: JarSet,
  jars: readonly LockedJar[],
  directory: string,
  env: NodeJS.ProcessEnv,
  tell: (text: string) => void,
): Promise<void> {
  const base = env.MAVEN_REPOSITORY_URL?.replace(/\/+$/, '');
  if (!base) {
    throw new InfraUnavailableError(
      `the jars of ${set.what} are not cached and cannot be downloaded: install Maven (mvn), or set MAVEN_REPOSITORY_URL to a Maven repository's base URL`,
    );
  }
  await mkdir(directory, { recursive: true });
  let count = 0;
  const rest = [...jars];
  const worker = async () => {
    for (let jar = rest.pop(); jar; jar = rest.pop()) {
      const url = `${base}/${jar.path}`;
      const response = await fetch(url, { signal: AbortSignal.timeout(FETCH_LIMIT_MS) });
      if (!response.ok) throw new InfraUnavailableError(`${url} answered ${response.status}`);
      await writeFile(join(directory, basename(jar.path)), new Uint8Array(await response.arrayBuffer()));
      count += 1;
      tell(`fetching ${set.what} (${count} of ${jars.length} files, once)`);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL_DOWNLOADS }, worker));
}

async function verify(set: JarSet, jars: readonly LockedJar[], directory: string): Promise<void> {
  for (const jar of jars) {
    const file = join(directory, basename(jar.path));
    const bytes = await readFile(file).catch(() => undefined);
    const sha256 = bytes && createHash('sha256').update(bytes).digest('hex');
    if (sha256 !== jar.sha256) {
      const seen = sha256 === undefined ? 'missing' : `not the locked one (sha256 ${sha256})`;
      throw new InfraUnavailableError(`${basename(jar.path)}, part of ${set.what}, is ${seen} after fetching it`);
    }
  }
}
