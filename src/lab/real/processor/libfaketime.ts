/**
 * Where libfaketime is: named by PROVENONCE_LIBFAKETIME, installed (Debian's package libfaketime), or fetched with apt into the cache and
 * unpacked there, which needs no rights. The library for programs with threads, which Node is.
 */
import { execFile } from 'node:child_process';
import { access, readdir } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { cacheDirectory, cached } from '../../../infra/native/cache.ts';

const LIBRARY = 'libfaketimeMT.so.1';
const FETCH_LIMIT_MS = 60_000;

/** Its path; throws where it is not to be had, and says how to get it. */
export async function obtainLibfaketime(env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const named = env.PROVENONCE_LIBFAKETIME;
  if (named !== undefined) {
    await access(named);
    return named;
  }
  try {
    return (await findIn('/')) ?? (await fetched(env));
  } catch (error) {
    throw new Error(
      `libfaketime is not here, and apt does not give it (${error}): install Debian's package libfaketime, or name ${LIBRARY} with PROVENONCE_LIBFAKETIME`,
    );
  }
}

async function fetched(env: NodeJS.ProcessEnv): Promise<string> {
  const run = (command: string, args: readonly string[], cwd: string) =>
    promisify(execFile)(command, args, { cwd, timeout: FETCH_LIMIT_MS });
  const root = await cached({
    cache: cacheDirectory(env),
    name: 'libfaketime',
    make: async (directory) => {
      await run('apt-get', ['download', 'libfaketime'], directory);
      const archive = (await readdir(directory)).find((name) => name.endsWith('.deb'));
      await run('dpkg-deb', ['-x', String(archive), '.'], directory);
    },
  });
  const found = await findIn(root);
  if (found === undefined) throw new Error(`the package has no ${LIBRARY}`);
  return found;
}

async function findIn(root: string): Promise<string | undefined> {
  const libraries = path.join(root, 'usr', 'lib');
  for (const name of await readdir(libraries).catch(() => [])) {
    const candidate = path.join(libraries, name, 'faketime', LIBRARY);
    if (
      await access(candidate).then(
        () => true,
        () => false,
      )
    )
      return candidate;
  }
  return undefined;
}
