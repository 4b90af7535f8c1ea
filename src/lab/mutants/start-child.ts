/** Starts mutant-child.ts and reads its one line. Children share compiled code, which halves the time that they take to start. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { CasePlan } from '../sim/case/case-plan.ts';
import type { CaseOutcome } from '../sim/case/sim-case.ts';
import type { MutantTask } from './mutant-child.ts';
import type { BudgetResult } from './run-budget.ts';

const CHILD = path.join(import.meta.dirname, 'mutant-child.ts');
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;
/** A mutant that loops without end must not hold up the rest. */
const TIMEOUT_MS = 300_000;

type BudgetTask = Pick<MutantTask, 'mutant'> & NonNullable<MutantTask['budget']>;
/** What of an outcome passes between processes. */
export type ToldOutcome = Pick<CaseOutcome, 'verdict' | 'failures' | 'unknown' | 'timeline'>;

export function runBudgetInChild({ mutant, ...budget }: BudgetTask): Promise<BudgetResult> {
  return run<BudgetResult>(mutant === undefined ? { budget } : { mutant, budget });
}

export function runPlanInChild(mutant: string, plan: CasePlan): Promise<ToldOutcome> {
  return run<ToldOutcome>({ mutant, plan });
}

let compileCacheFolder: string | undefined;

/** Of this process, and gone with it. Node compares the source with what was compiled, so a patched file is compiled anew. */
function compileCache(): string {
  if (compileCacheFolder === undefined) {
    const folder = mkdtempSync(path.join(tmpdir(), 'provenonce-mutants-'));
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
    compileCacheFolder = folder;
  }
  return compileCacheFolder;
}

/** Rejects with what the child said when it did not end well: a patch that does not fit, for one. */
async function run<Result>(task: MutantTask): Promise<Result> {
  const options = { maxBuffer: OUTPUT_BYTES_MAX, timeout: TIMEOUT_MS, killSignal: 'SIGKILL' } as const;
  try {
    const env = { ...process.env, NODE_COMPILE_CACHE: compileCache() };
    const { stdout } = await promisify(execFile)(process.execPath, [CHILD, JSON.stringify(task)], { ...options, env });
    return JSON.parse(stdout) as Result;
  } catch (error) {
    const said = (error as { stderr?: string }).stderr ?? String(error);
    throw new Error(`${task.mutant ?? 'the control'} did not run to its end: ${said.slice(0, 2_000)}`, {
      cause: error,
    });
  }
}
