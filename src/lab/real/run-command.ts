/** Runs a `provenonce` command to its end, from a checkout, exactly as an operator would. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { ownCodePath } from '../../base/own-code.ts';

export interface CommandEnd {
  readonly code: number;
  /** Standard output. */
  readonly output: string;
  /** Standard error. */
  readonly complaints: string;
}

export interface RunCommandOptions {
  /** Folder of the checkout whose code runs. Default: this one. */
  readonly checkout?: string | undefined;
  /** Default 300,000. */
  readonly limitMs?: number;
}

const THIS_MAIN = ownCodePath('../../cli/main.ts', import.meta.url);
const LIMIT_MS = 300_000;
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;

/** What a shell says of a process that ended by SIGKILL. */
const KILLED = 137;

/**
 * Rejects only where it could not be run, or was ended by a signal (at the limit, for one); a crash point's SIGKILL is
 * code 137. Words of the form NAME=value in front are its environment, as in a shell.
 */
export function runCommand(
  words: readonly string[],
  env: Readonly<Record<string, string>>,
  options: RunCommandOptions = {},
): Promise<CommandEnd> {
  const { checkout } = options;
  const main = checkout === undefined ? THIS_MAIN : path.join(checkout, 'src', 'cli', 'main.ts');
  const first = words.findIndex((word) => !/^[A-Z_]+=/.test(word));
  const args = words.slice(first);
  const assigned = Object.fromEntries(words.slice(0, first).map((word) => word.split('=', 2) as [string, string]));
  return new Promise((resolve, reject) => {
    const execution = {
      env: { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...env, ...assigned },
      timeout: options.limitMs ?? LIMIT_MS,
      maxBuffer: OUTPUT_BYTES_MAX,
    };
    execFile(process.execPath, [main, ...args], execution, (error, output, complaints) => {
      const code = error === null ? 0 : error.signal === 'SIGKILL' ? KILLED : error.code;
      if (typeof code === 'number') resolve({ code, output, complaints });
      else reject(new Error(`provenonce ${args.join(' ')} did not end by itself: ${error?.message}\n${complaints}`));
    });
  });
}
