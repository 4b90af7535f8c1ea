/** Starts mutant-child.ts and reads its one line. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import type { MutantTask } from './mutant-child.ts';
import type { BudgetResult } from './run-budget.ts';

const CHILD = path.join(import.meta.dirname, 'mutant-child.ts');
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;
/** A mutant that loops without end must not hold up the rest. */
const TIMEOUT_MS = 300_000;

/** Rejects with what the child said when it did not end well: a patch that does not fit, for one. */
export async function runInChild(task: MutantTask): Promise<BudgetResult> {
  const options = { maxBuffer: OUTPUT_BYTES_MAX, timeout: TIMEOUT_MS, killSignal: 'SIGKILL' } as const;
  const { stdout } = await promisify(execFile)(process.execPath, [CHILD, JSON.stringify(task)], options);
  return JSON.parse(stdout) as BudgetResult;
}
