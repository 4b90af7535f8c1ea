import { defineConfig } from 'vitest/config';
import { TimeBudgets } from './src/infra/testing/time-budgets.ts';

const MINUTE_MS = 60_000;

/**
 * How long each project may take on two cores, all of it: about twice what it takes there when nothing else runs. A run in
 * CI fails past it (src/infra/testing/time-budgets.ts). Together with installing they stay below the 50 minutes of .ci/run.
 */
export const BUDGETS_MS = {
  unit: 6.5 * MINUTE_MS,
  contract: 5 * MINUTE_MS,
  scenarios: 3.5 * MINUTE_MS,
  long: 28 * MINUTE_MS,
  browser: 2 * MINUTE_MS,
} as const;

/**
 * Projects by what they need: `unit` needs nothing but Node; `contract` and `scenarios` run on a real Kafka broker and a
 * real BigQuery emulator, which one global set-up starts (src/infra). One project after the other: scenarios have the
 * machine to themselves. `long` and `browser` are run by `npm run test:long`: they take longer (all mutants, each table
 * lost in turn, drawn plans, small benchmarks), or need more (an older release of this project from its history, the npm
 * registry, Chromium), and fail by name where it is missing.
 */
export default defineConfig({
  test: {
    reporters: [
      'default',
      new TimeBudgets({
        budgetsMs: BUDGETS_MS,
        isCi: Boolean(process.env.CI),
        nowMs: () => performance.now(),
        write: (line) => process.stdout.write(`${line}\n`),
        fail: () => {
          process.exitCode = 1;
        },
      }),
    ],
    projects: [
      {
        test: {
          name: 'unit',
          include: [
            'src/**/*.test.ts',
            'chaos/**/*.test.ts',
            'properties/**/*.test.ts',
            'docs/**/*.test.ts',
            'deploy/**/*.test.ts',
            'bench/**/*.test.ts',
          ],
          exclude: ['**/*.contract.test.ts', '**/*.browser.test.ts', '**/*.long.test.ts', '**/node_modules/**'],
          testTimeout: 30_000,
          sequence: { groupOrder: 0 },
          // Vitest's default leaves one core idle.
          maxWorkers: '100%',
        },
      },
      {
        test: {
          name: 'contract',
          include: ['docs/**/*.contract.test.ts', 'src/**/*.contract.test.ts', 'bench/**/*.contract.test.ts'],
          globalSetup: ['src/infra/vitest-global-setup.ts'],
          testTimeout: 120_000,
          sequence: { groupOrder: 1 },
          hookTimeout: 300_000,
          // They wait more than they work: three files at a time, each with topics and datasets of its own.
          maxWorkers: 3,
        },
      },
      {
        test: {
          name: 'scenarios',
          include: ['scenarios/**/*.test.ts'],
          globalSetup: ['src/infra/vitest-global-setup.ts'],
          // Past the limits that a scenario keeps itself, which say more.
          testTimeout: 480_000,
          sequence: { groupOrder: 2 },
          hookTimeout: 300_000,
          maxConcurrency: 2,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'long',
          include: ['**/*.long.test.ts'],
          exclude: ['**/node_modules/**'],
          globalSetup: ['src/infra/vitest-global-setup.ts'],
          // Past the limits of each step, which say more. A test takes less than 3 minutes where nothing else runs.
          testTimeout: 900_000,
          hookTimeout: 300_000,
          sequence: { groupOrder: 3 },
          // They wait more than they work, and each test has a topic and a dataset of its own.
          maxConcurrency: 2,
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'browser',
          include: ['src/**/*.browser.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 4 },
        },
      },
    ],
  },
});
