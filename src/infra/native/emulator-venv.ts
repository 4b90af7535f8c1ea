/**
 * Installs the BigQuery emulator into the cache: a Python venv with the pinned requirements, and a home directory with
 * DuckDB's spatial extension, which the emulator would otherwise try to download at every start.
 */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { type InfraProgress, InfraUnavailableError } from '../types.ts';
import { cached, entryName } from './cache.ts';
import type { FoundTool } from './tools.ts';

const REQUIREMENTS = fileURLToPath(new URL('../emulator/requirements.txt', import.meta.url));
const INSTALL_LIMIT_MS = 15 * 60_000;

export interface EmulatorInstallation {
  readonly python: string;
  /** HOME of the emulator's process: DuckDB looks for its extensions there. */
  readonly home: string;
}

/** The cache entry's name for this interpreter and the pinned requirements. */
export async function emulatorVenvEntry(python: FoundTool): Promise<string> {
  return entryName('bqemulator', await readFile(REQUIREMENTS, 'utf8'), python.command, python.version);
}

export async function emulatorVenv(
  cache: string,
  python: FoundTool,
  env: NodeJS.ProcessEnv,
  onProgress: (progress: InfraProgress) => void,
): Promise<EmulatorInstallation> {
  let installed = false;
  const tell = (text: string) => {
    installed = true;
    onProgress({ part: 'emulator', text });
  };
  const directory = await cached({
    cache,
    name: await emulatorVenvEntry(python),
    onWait: () => tell('another process is installing the BigQuery emulator'),
    make: (making) => install(making, python, env, tell),
  });
  if (installed) onProgress({ part: 'emulator', text: 'BigQuery emulator installed', done: true });
  return { python: join(directory, 'venv', 'bin', 'python'), home: join(directory, 'home') };
}

async function install(
  directory: string,
  python: FoundTool,
  env: NodeJS.ProcessEnv,
  tell: (text: string) => void,
): Promise<void> {
  const venv = join(directory, 'venv');
  const home = join(directory, 'home');
  const inVenv = join(venv, 'bin', 'python');
  await mkdir(home);
  tell(`installing the BigQuery emulator with Python ${python.version} (440 MB on disk, once)`);
  await run(python.command, ['-m', 'venv', venv], env);
  await run(inVenv, ['-m', 'pip', 'install', '--progress-bar', 'off', '-r', REQUIREMENTS], env, (line) => {
    const step = /^(Collecting \S+|Installing collected packages)/.exec(line)?.[1];
    if (step) tell(`installing the BigQuery emulator: ${step}`);
  });
  const copyExtension = 'from duckdb_extensions import import_extension; import_extension("spatial")';
  await run(inVenv, ['-c', copyExtension], { ...env, HOME: home });
}

async function run(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  onLine: (line: string) => void = () => {},
): Promise<void> {
  const running = execa(command, args, { env, extendEnv: false, timeout: INSTALL_LIMIT_MS, reject: false, all: true });
  for await (const line of running.iterable({ from: 'all' })) onLine(String(line));
  const result = await running;
  if (result.failed) {
    throw new InfraUnavailableError(
      `the BigQuery emulator could not be installed: ${result.shortMessage}\n${result.all.slice(-1500)}`,
    );
  }
}
