/** Spark for `peers`: PySpark in a venv and the Kafka connector's jars, pinned and cached like the infra's parts. */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { cacheDirectory, cached, entryName } from '../../src/infra/native/cache.ts';
import { type JarSet, mavenJars } from '../../src/infra/native/maven-jars.ts';
import { type FoundTool, findPython } from '../../src/infra/native/tools.ts';
import { InfraUnavailableError } from '../../src/infra/types.ts';

const REQUIREMENTS = fileURLToPath(new URL('./spark/requirements.txt', import.meta.url));
const CONNECTOR: JarSet = {
  name: 'spark-kafka-jars',
  what: "Spark's Kafka connector",
  sizeMb: 7,
  pom: fileURLToPath(new URL('./spark/pom.xml', import.meta.url)),
  lock: fileURLToPath(new URL('./spark/jars.lock', import.meta.url)),
};
const INSTALL_LIMIT_MS = 15 * 60_000;

export interface Spark {
  readonly python: string;
  /** Directory of the connector's jars. */
  readonly jars: string;
}

/** Downloads what the cache lacks: 450 MB, once. Throws InfraUnavailableError without Python or the registries. */
export async function obtainSpark(say: (text: string) => void): Promise<Spark> {
  const env = process.env;
  const { usable, problem } = await findPython(env);
  if (usable === undefined) throw new InfraUnavailableError(`peers needs Python: ${problem}`);
  const cache = cacheDirectory(env);
  const venv = await cached({
    cache,
    name: entryName('pyspark', await readFile(REQUIREMENTS, 'utf8'), usable.command, usable.version),
    onWait: () => say('another process is installing PySpark'),
    make: (making) => install(making, usable, say),
  });
  return { python: join(venv, 'venv', 'bin', 'python'), jars: await mavenJars(CONNECTOR, cache, env, say) };
}

async function install(directory: string, python: FoundTool, say: (text: string) => void): Promise<void> {
  say(`installing PySpark with Python ${python.version} (450 MB, once)`);
  const venv = join(directory, 'venv');
  await mkdir(directory, { recursive: true });
  await run(python.command, ['-m', 'venv', venv]);
  await run(join(venv, 'bin', 'python'), ['-m', 'pip', 'install', '--progress-bar', 'off', '-r', REQUIREMENTS]);
}

async function run(command: string, args: readonly string[]): Promise<void> {
  const result = await execa(command, args, { timeout: INSTALL_LIMIT_MS, reject: false, all: true });
  if (result.failed) {
    throw new InfraUnavailableError(
      `PySpark could not be installed: ${result.shortMessage}\n${result.all.slice(-1500)}`,
    );
  }
}
