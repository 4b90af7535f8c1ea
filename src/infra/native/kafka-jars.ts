/** The broker's jars, fetched once and compared with kafka/jars.lock. */
import { fileURLToPath } from 'node:url';
import type { InfraProgress } from '../types.ts';
import { type JarSet, jarsEntry, mavenJars } from './maven-jars.ts';

const KAFKA: JarSet = {
  name: 'kafka-jars',
  what: 'the Kafka broker',
  sizeMb: 43,
  pom: fileURLToPath(new URL('../kafka/pom.xml', import.meta.url)),
  lock: fileURLToPath(new URL('../kafka/jars.lock', import.meta.url)),
};

/** The cache entry's name for the locked jars. */
export function kafkaJarsEntry(): Promise<string> {
  return jarsEntry(KAFKA);
}

/** The directory of the jars, fetched first if the cache has none. */
export async function kafkaJars(
  cache: string,
  env: NodeJS.ProcessEnv,
  onProgress: (progress: InfraProgress) => void,
): Promise<string> {
  let fetched = false;
  const directory = await mavenJars(KAFKA, cache, env, (text) => {
    fetched = true;
    onProgress({ part: 'broker', text });
  });
  if (fetched) onProgress({ part: 'broker', text: 'Kafka broker fetched', done: true });
  return directory;
}
