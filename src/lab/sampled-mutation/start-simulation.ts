/** Starts simulation-child.ts and reads its one line. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import type { SimulationRun, SimulationTask } from './simulation-child.ts';

const CHILD = path.join(import.meta.dirname, 'simulation-child.ts');
const OUTPUT_BYTES_MAX = 16 * 1024 * 1024;
const HEAP_MB = 1_500;
const MESSAGE_CHARS = 300;

/** 'timeout' past the limit; where it died instead, what it said last. */
export function simulate(task: SimulationTask, limitMs: number): Promise<SimulationRun | 'timeout' | { died: string }> {
  const options = { maxBuffer: OUTPUT_BYTES_MAX, timeout: limitMs, killSignal: 'SIGKILL' } as const;
  return new Promise((resolve) => {
    const words = [`--max-old-space-size=${HEAP_MB}`, CHILD, JSON.stringify(task)];
    const child = execFile(process.execPath, words, options, (error, stdout, stderr) => {
      if (error === null) resolve(JSON.parse(stdout) as SimulationRun);
      else if (child.killed) resolve('timeout');
      else resolve({ died: (lastError(stderr) ?? error.message).slice(0, MESSAGE_CHARS) });
    });
  });
}

function lastError(stderr: string): string | undefined {
  return stderr.split('\n').findLast((line) => /^\S*Error\b/.test(line));
}
