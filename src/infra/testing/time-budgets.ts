/**
 * Time limits of the vitest projects, checked by a reporter. A project's time runs from the start of its first file to
 * the end of its last. Over its budget the run fails if CI is set; elsewhere it only reports, since a machine may be
 * busy. The run's last line is `tests: N passed, N failed`, with any other reporters.
 */
import type { Reporter, TestModule, TestProject } from 'vitest/node';

export interface TimeBudgetOptions {
  /** By project name, in ms; a project without one fails the run. */
  readonly budgetsMs: Readonly<Record<string, number>>;
  readonly isCi: boolean;
  readonly nowMs: () => number;
  readonly write: (line: string) => void;
  /** Makes the run fail. */
  readonly fail: () => void;
}

interface Span {
  readonly fromMs: number;
  toMs: number;
}

type ModuleOf = Pick<TestModule, 'children' | 'state'> & { readonly project: Pick<TestProject, 'name'> };

export class TimeBudgets implements Reporter {
  readonly #options: TimeBudgetOptions;
  readonly #spans = new Map<string, Span>();

  constructor(options: TimeBudgetOptions) {
    this.#options = options;
  }

  onTestModuleQueued(module: ModuleOf): void {
    this.#touch(module);
  }

  onTestModuleEnd(module: ModuleOf): void {
    this.#touch(module);
  }

  onTestRunEnd(modules: readonly ModuleOf[], errors: readonly unknown[]): void {
    this.#judgeTimes();
    const { passed, failed } = countsOf(modules);
    this.#options.write(`tests: ${passed} passed, ${failed + errors.length} failed`);
  }

  #judgeTimes(): void {
    const { budgetsMs, isCi, write, fail } = this.#options;
    for (const [name, { fromMs, toMs }] of this.#spans) {
      const budgetMs = budgetsMs[name];
      if (budgetMs === undefined) {
        write(`project ${name} has no time budget: give it one in vitest.config.ts`);
        fail();
        continue;
      }
      const took = `project ${name} took ${seconds(toMs - fromMs)} of its ${seconds(budgetMs)}`;
      if (toMs - fromMs <= budgetMs) {
        write(took);
        continue;
      }
      write(`${took}: over its budget${isCi ? '' : ', which fails a run in CI'}. Make its tests faster, or raise it.`);
      if (isCi) fail();
    }
  }

  #touch({ project }: ModuleOf): void {
    const nowMs = this.#options.nowMs();
    const span = this.#spans.get(project.name);
    if (span === undefined) this.#spans.set(project.name, { fromMs: nowMs, toMs: nowMs });
    else span.toMs = nowMs;
  }
}

/** A file that failed before its tests (an import, a hook) counts as one failed test. */
function countsOf(modules: readonly ModuleOf[]): { passed: number; failed: number } {
  let passed = 0;
  let failed = 0;
  for (const module of modules) {
    let failedHere = 0;
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      if (state === 'passed') passed += 1;
      if (state === 'failed') failedHere += 1;
    }
    failed += failedHere === 0 && module.state() === 'failed' ? 1 : failedHere;
  }
  return { passed, failed };
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1_000)} s`;
}
