/**
 * An earlier release of this project, as it was: its files from the git history, its dependencies from its own lock file.
 * Both are kept in the cache, so that later runs start at once. Never skips: what is missing is named, with what to do.
 */
import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { cacheDirectory, cached, entryName } from '../../../infra/native/cache.ts';

/** The last commit of release 0.1.0: fold version 1. */
export const OLD_COMMIT = '0efb54f';
export const OLD_FOLD_VERSION = 1;

const CHECKOUT = path.join(import.meta.dirname, '..', '..', '..', '..');
const INSTALL = ['ci', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund'] as const;
const INSTALL_LIMIT_MS = 240_000;
const ARCHIVE_LIMIT_MS = 60_000;

const run = promisify(execFile);

/** The folder of that release, ready to run. */
export async function oldRelease(commit: string = OLD_COMMIT): Promise<string> {
  const whole = await wholeCommit(commit);
  return cached({
    cache: cacheDirectory(process.env),
    name: entryName(`release-${commit}`, whole, ...INSTALL),
    make: async (folder) => {
      const archive = path.join(folder, 'release.tar');
      await run('git', ['-C', CHECKOUT, 'archive', '--format=tar', '-o', archive, whole], {
        timeout: ARCHIVE_LIMIT_MS,
      });
      await run('tar', ['-x', '-f', archive, '-C', folder], { timeout: ARCHIVE_LIMIT_MS });
      await rm(archive);
      await run('npm', INSTALL, { cwd: folder, timeout: INSTALL_LIMIT_MS }).catch((cause: unknown) => {
        throw new Error(
          `the dependencies of release ${commit} could not be installed by npm: they come from the npm registry, once, and are ` +
            `kept in ${cacheDirectory(process.env)}. ${String((cause as { stderr?: string }).stderr ?? cause)}`,
          { cause },
        );
      });
    },
  });
}

async function wholeCommit(commit: string): Promise<string> {
  try {
    const { stdout } = await run('git', ['-C', CHECKOUT, 'rev-parse', '--verify', `${commit}^{commit}`]);
    return stdout.trim();
  } catch (cause) {
    throw new Error(
      `commit ${commit}, the release to upgrade from, is not in the git history of ${CHECKOUT}. ` +
        'Install git, and fetch the whole history: git fetch --unshallow (in GitHub Actions: fetch-depth: 0).',
      { cause },
    );
  }
}
