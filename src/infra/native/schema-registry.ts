/**
 * A schema registry with Confluent's API for tests: Apicurio on a local JRE, in memory, fetched once and compared with
 * registry/registry.lock. What was registered is gone after a stop.
 */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { KeptPart } from '../kept-part.ts';
import type { Reaper } from '../reaper/reaper.ts';
import { InfraUnavailableError, type PartControl } from '../types.ts';
import { cacheDirectory, cached } from './cache.ts';
import { type JarSet, jarsEntry, mavenJars } from './maven-jars.ts';
import { findJava } from './tools.ts';

const APICURIO: JarSet = {
  name: 'apicurio-archive',
  what: 'the schema registry',
  sizeMb: 130,
  pom: fileURLToPath(new URL('../registry/pom.xml', import.meta.url)),
  lock: fileURLToPath(new URL('../registry/registry.lock', import.meta.url)),
};
const ARCHIVE = 'apicurio-registry-app-2.6.13.Final-all.tar.gz';
const RUNNER = 'apicurio-registry-app-2.6.13.Final-runner.jar';
const UNPACK_LIMIT_MS = 5 * 60_000;

export interface TestRegistry {
  /** For SCHEMA_REGISTRY_URL. */
  readonly url: string;
  readonly control: PartControl;
}

/** Not started yet. Throws InfraUnavailableError that names what is missing. */
export async function nativeSchemaRegistry(
  port: number,
  reaper: Reaper,
  env: NodeJS.ProcessEnv = process.env,
): Promise<TestRegistry> {
  const java = await findJava(env);
  if (!java.usable) throw new InfraUnavailableError(`the schema registry needs Java: ${java.problem}`);
  const directory = await unpacked(env);
  const data = await mkdtemp(join(tmpdir(), 'provenonce-registry-'));
  await reaper.removeAtEnd(data);
  const url = `http://127.0.0.1:${port}/apis/ccompat/v7`;
  const control = new KeptPart({
    name: 'schema registry',
    reaper,
    spawn: {
      command: java.usable.command,
      args: ['-Xmx384m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-jar', join(directory, RUNNER)],
      env: { ...env, QUARKUS_HTTP_PORT: String(port), QUARKUS_HTTP_HOST: '127.0.0.1' },
      cwd: data,
      logFile: join(data, 'registry.log'),
    },
    probe: async (signal) => {
      const answer = await fetch(`${url}/subjects`, { signal });
      if (!answer.ok) throw new Error(`${url} answers ${answer.status}`);
    },
  });
  return { url, control };
}

async function unpacked(env: NodeJS.ProcessEnv): Promise<string> {
  const cache = cacheDirectory(env);
  return await cached({
    cache,
    name: `apicurio-${(await jarsEntry(APICURIO)).split('-').at(-1)}`,
    make: async (making) => {
      const archives = await mavenJars(APICURIO, cache, env, () => {});
      const unpacking = await execa('tar', ['-xzf', join(archives, ARCHIVE), '-C', making], {
        env,
        extendEnv: false,
        timeout: UNPACK_LIMIT_MS,
        reject: false,
        all: true,
      });
      if (unpacking.failed)
        throw new InfraUnavailableError(`the schema registry could not be unpacked: ${unpacking.all}`);
    },
  });
}
