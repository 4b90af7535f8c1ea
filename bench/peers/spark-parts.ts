/** Spark for `peers`: PySpark in a venv and the Kafka connector's jars, pinned and cached like the infra's parts. */
import { fileURLToPath } from 'node:url';
import { cacheDirectory } from '../../src/infra/native/cache.ts';
import { type JarSet, mavenJars } from '../../src/infra/native/maven-jars.ts';
import { pythonVenv } from '../../src/infra/native/python-venv.ts';

const PYSPARK = {
  name: 'pyspark',
  what: 'PySpark',
  sizeMb: 450,
  requirements: fileURLToPath(new URL('./spark/requirements.txt', import.meta.url)),
};
const CONNECTOR: JarSet = {
  name: 'spark-kafka-jars',
  what: "Spark's Kafka connector",
  sizeMb: 7,
  pom: fileURLToPath(new URL('./spark/pom.xml', import.meta.url)),
  lock: fileURLToPath(new URL('./spark/jars.lock', import.meta.url)),
};

export interface Spark {
  readonly python: string;
  /** Directory of the connector's jars. */
  readonly jars: string;
}

/** Downloads what the cache lacks: 450 MB, once. Throws InfraUnavailableError without Python or the registries. */
export async function obtainSpark(say: (text: string) => void): Promise<Spark> {
  const env = process.env;
  const { python } = await pythonVenv(PYSPARK, env, say);
  return { python, jars: await mavenJars(CONNECTOR, cacheDirectory(env), env, say) };
}
