/**
 * Fetches the broker's jars into the cache: with mvn where it is there, else from the Maven repository that
 * MAVEN_REPOSITORY_URL names. Either way every file is held to kafka/jars.lock.
 */
import { createHash } from 'node:crypto';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { cached, entryName } from './cache.ts';
import { findMaven } from './tools.ts';
import { type InfraProgress, InfraUnavailableError } from './types.ts';

const POM = fileURLToPath(new URL('./kafka/pom.xml', import.meta.url));
const LOCK = fileURLToPath(new URL('./kafka/jars.lock', import.meta.url));
const FETCH_LIMIT_MS = 10 * 60_000;
const PARALLEL_DOWNLOADS = 6;

interface LockedJar {
  readonly sha256: string;
  /** Below the repository's root. */
  readonly path: string;
}

async function readLock(): Promise<LockedJar[]> {
  const lines = (await readFile(LOCK, 'utf8')).split('\n').filter(Boolean);
  return lines.map((line) => {
    const [sha256, path] = line.split(/\s+/);
    return { sha256: sha256!, path: path! };
  });
}

/** The cache entry's name for the locked jars. */
export async function kafkaJarsEntry(): Promise<string> {
  return entryName('kafka-jars', await readFile(LOCK, 'utf8'));
}

/** The directory that holds the jars, fetched first where the cache has none. */
export async function kafkaJars(
  cache: string,
  env: NodeJS.ProcessEnv,
  onProgress: (progress: InfraProgress) => void,
): Promise<string> {
  let fetched = false;
  const tell = (text: string) => {
    fetched = true;
    onProgress({ part: 'broker', text });
  };
  const directory = await cached({
    cache,
    name: await kafkaJarsEntry(),
    onWait: () => tell('another process is fetching the Kafka broker'),
    make: async (making) => {
      const jars = await readLock();
      if ((await findMaven(env)).usable) await fetchWithMaven(making, env, tell);
      else await fetchFromRepository(jars, making, env, tell);
      await verify(jars, making);
    },
  });
  if (fetched) onProgress({ part: 'broker', text: 'Kafka broker fetched', done: true });
  return directory;
}

async function fetchWithMaven(directory: string, env: NodeJS.ProcessEnv, tell: (text: string) => void): Promise<void> {
  tell('fetching the Kafka broker with mvn (43 MB, once)');
  // On a copy, so that nothing is ever written beside the original.
  const pom = join(directory, 'pom.xml');
  await cp(POM, pom);
  const result = await execa(
    'mvn',
    ['-B', '-q', '-f', pom, 'dependency:copy-dependencies', `-DoutputDirectory=${directory}`],
    { env, extendEnv: false, timeout: FETCH_LIMIT_MS, reject: false, all: true },
  );
  if (result.failed) {
    throw new InfraUnavailableError(
      `mvn could not fetch the Kafka broker. The end of its output:\n${result.all.slice(-1500)}`,
    );
  }
}

async function fetchFromRepository(
  jars: readonly LockedJar[],
  directory: string,
  env: NodeJS.ProcessEnv,
  tell: (text: string) => void,
): Promise<void> {
  const base = env.MAVEN_REPOSITORY_URL?.replace(/\/+$/, '');
  if (!base) {
    throw new InfraUnavailableError(
      "the Kafka broker's jars are not cached and there is nothing to fetch them with: install Maven (mvn), or set MAVEN_REPOSITORY_URL to a Maven repository's base URL",
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
      tell(`fetching the Kafka broker (${count} of ${jars.length} files, once)`);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL_DOWNLOADS }, worker));
}

async function verify(jars: readonly LockedJar[], directory: string): Promise<void> {
  for (const jar of jars) {
    const file = join(directory, basename(jar.path));
    const bytes = await readFile(file).catch(() => undefined);
    const sha256 = bytes && createHash('sha256').update(bytes).digest('hex');
    if (sha256 !== jar.sha256) {
      const seen = sha256 === undefined ? 'missing' : `not the locked one (sha256 ${sha256})`;
      throw new InfraUnavailableError(`${basename(jar.path)}, part of the Kafka broker, is ${seen} after fetching it`);
    }
  }
}
