import { expect, test } from 'vitest';
import config, { BUDGETS_MS } from '../../../vitest.config.ts';
import { TimeBudgets } from './time-budgets.ts';

/** The other steps of .ci/run: installing, fetching the broker and the emulator, formatter, linter and types. */
const BESIDES_MS = 5 * 60_000;
const CI_LIMIT_MS = 50 * 60_000;

type State = 'passed' | 'failed' | 'skipped';

/** A file of a project, as vitest passes it to a reporter. */
function fileOf(
  name: string,
  states: readonly State[],
  state: State = states.includes('failed') ? 'failed' : 'passed',
) {
  const tests = states.map((each) => ({ result: () => ({ state: each }) }));
  return { project: { name }, state: () => state, children: { allTests: () => tests.values() } } as never;
}

function budgets(isCi: boolean) {
  const seen = { lines: [] as string[], failed: false, nowMs: 0 };
  const reporter = new TimeBudgets({
    budgetsMs: { unit: 10_000, contract: 10_000 },
    isCi,
    nowMs: () => seen.nowMs,
    write: (line) => seen.lines.push(line),
    fail: () => {
      seen.failed = true;
    },
  });
  const run = (name: string, tookMs: number): void => {
    reporter.onTestModuleQueued(fileOf(name, []));
    seen.nowMs += tookMs;
    reporter.onTestModuleEnd(fileOf(name, []));
  };
  return { reporter, seen, run };
}

test('a project that takes longer than its budget, over all of its files, fails a run in CI', () => {
  const { reporter, seen, run } = budgets(true);
  run('unit', 6_000);
  run('unit', 6_000);
  run('contract', 9_000);
  reporter.onTestRunEnd([], []);
  expect(seen.failed).toBe(true);
  expect(seen.lines[0]).toContain('project unit took 12 s of its 10 s: over its budget');
  expect(seen.lines[1]).toBe('project contract took 9 s of its 10 s');
});

test('elsewhere it only reports, because the machine may be busy', () => {
  const { reporter, seen, run } = budgets(false);
  run('unit', 12_000);
  reporter.onTestRunEnd([], []);
  expect(seen.failed).toBe(false);
  expect(seen.lines[0]).toContain('over its budget, which fails a run in CI');
});

test('a project within its budget fails nothing, and one without a budget fails everywhere', () => {
  const { reporter, seen, run } = budgets(true);
  run('unit', 9_000);
  reporter.onTestRunEnd([], []);
  expect(seen.failed).toBe(false);
  const other = budgets(false);
  other.run('new-project', 1);
  other.reporter.onTestRunEnd([], []);
  expect(other.seen.failed).toBe(true);
});

test('the last line counts tests; a file that failed before its tests, and an error outside of them, count as failed', () => {
  const { reporter, seen } = budgets(true);
  const files = [fileOf('unit', ['passed', 'failed', 'passed']), fileOf('unit', ['skipped', 'skipped'], 'failed')];
  reporter.onTestRunEnd(files, [new Error('unhandled')]);
  expect(seen.lines.at(-1)).toBe('tests: 2 passed, 3 failed');
});

test('every project has a budget, and all of them fit into what .ci/run may take', () => {
  const projects = (config.test?.projects ?? []) as readonly { readonly test: { readonly name: string } }[];
  expect(projects.map(({ test: { name } }) => name).sort()).toEqual(Object.keys(BUDGETS_MS).sort());
  const sum = Object.values(BUDGETS_MS).reduce((total, each) => total + each, BESIDES_MS);
  expect(sum).toBeLessThanOrEqual(CI_LIMIT_MS);
});
