import { defineConfig } from 'vitest/config';

/**
 * Projects by what they need: `unit` needs nothing but Node; `contract` and `scenarios` run on a real Kafka broker and a
 * real BigQuery emulator, which one global set-up starts (src/infra). One project after the other: scenarios have the
 * machine to themselves.
 */
export default defineConfig({
  test: {
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
          exclude: ['**/*.contract.test.ts', '**/*.browser.test.ts', '**/*.real.test.ts', '**/node_modules/**'],
          testTimeout: 30_000,
          sequence: { groupOrder: 0 },
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
          // They wait more than they work: two files at a time, each with topics and datasets of its own.
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: 'scenarios',
          include: ['scenarios/**/*.test.ts', 'properties/**/*.real.test.ts'],
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
          name: 'browser',
          include: ['src/**/*.browser.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
