/**
 * Every benchmark in turn, each in its own process: a heap that one has filled makes the next one slower. One that
 * fails is reported as failed, and the rest still run. At an interruption the running one reports what it has, and the
 * others are reported as not run.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { endsWithUs } from '../parts/children.ts';
import { BENCHMARK_NAMES, type BenchmarkName, loadBenchmark } from '../registry.ts';
import type { BenchDocument } from './document.ts';
import { failureOf } from './measure.ts';
import type { BenchResult } from './result.ts';

export interface RunAllOptions {
  readonly say: (text: string) => void;
  readonly smoke: boolean;
  readonly repeats?: number;
  /** Default: all that belong to `all`. */
  readonly names?: readonly BenchmarkName[];
  /** The reason is reported; default: never. */
  readonly interrupted?: AbortSignal;
}

/** A benchmark that computes receives a signal only when it yields. */
const KILLED_AFTER_MS = 10_000;
const MAIN = path.join(import.meta.dirname, '..', 'main.ts');

export async function runAll({ say, smoke, repeats, names, interrupted }: RunAllOptions): Promise<BenchResult[]> {
  const results: BenchResult[] = [];
  for (const name of names ?? BENCHMARK_NAMES) {
    const benchmark = await loadBenchmark(name);
    if (names === undefined && benchmark.inAll === false) continue;
    if (interrupted?.aborted) {
      results.push(...failureOf(benchmark, `not run: interrupted by ${String(interrupted.reason)} before`));
      continue;
    }
    const startedMs = performance.now();
    const flags = [...(smoke ? ['--smoke'] : []), ...(repeats === undefined ? [] : ['--repeats', String(repeats)])];
    const child = spawn(process.execPath, [...process.execArgv, MAIN, name, '--json', ...flags], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let lastSaid = '';
    createInterface({ input: child.stderr }).on('line', (line) => {
      lastSaid = line;
      say(line);
    });
    const exited = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
    endsWithUs(child.pid, exited, 'SIGTERM');
    const stopAsking = askAt(interrupted, child);
    const [said, [code, signal]] = await Promise.all([text(child.stdout), exited]);
    stopAsking();
    results.push(
      ...(documentIn(said)?.results ??
        failureOf(benchmark, `ended with ${signal ?? `code ${code}`}; the last it said: ${lastSaid}`)),
    );
    say(`${name}: took ${Math.round((performance.now() - startedMs) / 1_000)} s`);
  }
  return results;
}

/** SIGTERM at the interruption, SIGKILL if it does not answer. */
function askAt(interrupted: AbortSignal | undefined, child: ChildProcess): () => void {
  let killing: NodeJS.Timeout | undefined;
  const ask = () => {
    child.kill('SIGTERM');
    killing = setTimeout(() => child.kill('SIGKILL'), KILLED_AFTER_MS);
  };
  interrupted?.addEventListener('abort', ask, { once: true });
  return () => {
    interrupted?.removeEventListener('abort', ask);
    clearTimeout(killing);
  };
}

function documentIn(said: string): BenchDocument | undefined {
  try {
    return JSON.parse(said) as BenchDocument;
  } catch {
    return undefined;
  }
}
