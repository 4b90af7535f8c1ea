/**
 * Pinned Python packages in a venv of the cache, for parts and judges that are Python programs. Made once; a change of the
 * requirements or of the interpreter makes another.
 */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { InfraUnavailableError } from '../types.ts';
import { cacheDirectory, cached, entryName } from './cache.ts';
import { findPython } from './tools.ts';

const INSTALL_LIMIT_MS = 15 * 60_000;
const TAIL_CHARACTERS = 1_500;
const HOME = 'home';

export interface PythonPackages {
  /** Of the cache's entry. */
  readonly name: string;
  /** For messages: `the delta-rs judge`. */
  readonly what: string;
  readonly sizeMb: number;
  /** A requirements file. */
  readonly requirements: string;
  /** Python that runs once, after pip, for what pip does not do; its HOME is the folder `home` of the entry. */
  readonly finish?: string;
}

export interface PythonInstallation {
  readonly python: string;
  /** HOME of `finish`. */
  readonly home: string;
}

/** Throws InfraUnavailableError, which names what is missing: Python, its venv module, or the registry of its packages. */
export async function pythonVenv(
  packages: PythonPackages,
  env: NodeJS.ProcessEnv,
  tell: (text: string) => void = () => {},
): Promise<PythonInstallation> {
  const { name, what, sizeMb, requirements, finish } = packages;
  const { usable, problem } = await findPython(env);
  if (usable === undefined) throw new InfraUnavailableError(`${what} needs Python: ${problem}`);
  const run = (command: string, args: readonly string[], runEnv = env) => runStep(what, command, args, runEnv);
  const directory = await cached({
    cache: cacheDirectory(env),
    name: entryName(name, await readFile(requirements, 'utf8'), usable.command, usable.version),
    onWait: () => tell(`another process is installing ${what}`),
    async make(making) {
      tell(`installing ${what} with Python ${usable.version} (${sizeMb} MB on disk, once)`);
      const venv = join(making, 'venv');
      const python = join(venv, 'bin', 'python');
      await run(usable.command, ['-m', 'venv', venv]);
      await run(python, ['-m', 'pip', 'install', '-q', '--progress-bar', 'off', '-r', requirements]);
      if (finish === undefined) return;
      const home = join(making, HOME);
      await mkdir(home);
      await run(python, ['-c', finish], { ...env, HOME: home });
    },
  });
  return { python: join(directory, 'venv', 'bin', 'python'), home: join(directory, HOME) };
}

async function runStep(what: string, command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const result = await execa(command, args, {
    env,
    extendEnv: false,
    timeout: INSTALL_LIMIT_MS,
    reject: false,
    all: true,
  });
  if (result.failed) {
    const tail = result.all.slice(-TAIL_CHARACTERS);
    throw new InfraUnavailableError(`${what} could not be installed: ${result.shortMessage}\n${tail}`);
  }
}
