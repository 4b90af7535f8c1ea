/**
 * A vitest that stays: one server that has read and compiled the sources once, and runs test files again and again, each in
 * a process of its own, with one source at a time other than it is on disk. The work tree is never written to.
 */
import path from 'node:path';
import { createVitest, type Vitest } from 'vitest/node';

export interface WantedTests {
  /** Absolute path of the test file. */
  readonly file: string;
  /** Ids of vitest; left out: all tests of the file. */
  readonly ids?: readonly string[];
}

export interface FailedTest {
  readonly file: string;
  /** Full name; '' where the file could not be loaded or a hook failed. */
  readonly name: string;
  readonly message: string;
}

export interface TestedFile {
  readonly file: string;
  /** Of loading, before the first test. */
  readonly loadMs: number;
  readonly tests: readonly { readonly id: string; readonly name: string; readonly ms: number }[];
}

export interface SessionRun {
  readonly files: readonly TestedFile[];
  readonly failed: readonly FailedTest[];
}

export interface SessionOptions {
  /** Of the checkout. */
  readonly root: string;
  /** The source of a file as it is to be loaded; undefined: as it is. */
  readonly sourceOf: (file: string, source: string) => string | undefined;
  readonly setupFiles?: readonly string[];
  /** End at the first failure. */
  readonly bail: boolean;
  readonly testTimeoutMs: number;
  /** Contract tests instead of the others: a broker and an emulator are started with the first run. */
  readonly contract?: boolean;
}

/** Heap of one test process: a mutant that fills the memory dies alone. */
const HEAP_MB = 1_500;
const MESSAGE_CHARS = 300;
const NEVER = ['**/*.browser.test.ts', '**/*.long.test.ts', '**/node_modules/**'];

export class VitestSession {
  readonly #vitest: Vitest;

  private constructor(vitest: Vitest) {
    this.#vitest = vitest;
  }

  static async open(options: SessionOptions): Promise<VitestSession> {
    const { root, sourceOf, setupFiles = [], bail, testTimeoutMs, contract = false } = options;
    const vitest = await createVitest(
      {
        root,
        config: false,
        watch: false,
        include: [contract ? 'src/**/*.contract.test.ts' : 'src/**/*.test.ts'],
        exclude: [...(contract ? [] : ['**/*.contract.test.ts']), ...NEVER],
        ...(contract ? { globalSetup: ['src/infra/vitest-global-setup.ts'] } : {}),
        pool: 'forks',
        maxWorkers: 1,
        isolate: true,
        execArgv: [`--max-old-space-size=${HEAP_MB}`],
        setupFiles: [...setupFiles],
        bail: bail ? 1 : 0,
        testTimeout: testTimeoutMs,
        hookTimeout: testTimeoutMs,
        reporters: [{}],
        silent: true,
        printConsoleTrace: false,
        // On disk it is found by the text of the file, not by what the plugin below makes of it.
        fsModuleCache: false,
      },
      {
        logLevel: 'error',
        server: { watch: null },
        plugins: [
          {
            name: 'provenonce-sampled-mutation',
            enforce: 'pre',
            transform(source: string, id: string) {
              const code = sourceOf(path.relative(root, id.split('?')[0]!).split(path.sep).join('/'), source);
              return code === undefined ? undefined : { code, map: null };
            },
          },
        ],
      },
    );
    return new VitestSession(vitest);
  }

  /** The source of this file is another one from now on: what was compiled of it is forgotten. */
  changed(file: string): void {
    this.#vitest.invalidateFile(file);
  }

  async run(wanted: readonly WantedTests[]): Promise<SessionRun> {
    const project = this.#vitest.getRootProject();
    const specifications = wanted.map(({ file, ids }) =>
      project.createSpecification(file, ids === undefined ? undefined : { testIds: [...ids] }),
    );
    // Otherwise the findings of earlier runs are reported again.
    this.#vitest.state.filesMap.clear();
    this.#vitest.state.idMap.clear();
    const { testModules, unhandledErrors } = await this.#vitest.runTestSpecifications(specifications);
    const failed: FailedTest[] = unhandledErrors.map((error) => ({ file: '', name: '', message: wordsOf(error) }));
    const files = testModules.map((module): TestedFile => {
      const tests = [...module.children.allTests()].filter((test) =>
        ['passed', 'failed'].includes(test.result().state),
      );
      for (const test of tests) {
        const { state, errors } = test.result();
        if (state !== 'failed') continue;
        failed.push({ file: module.moduleId, name: test.fullName, message: wordsOf(errors?.[0]) });
      }
      const error = module.errors()[0] ?? [...module.children.allSuites()].flatMap((suite) => suite.errors())[0];
      if (error !== undefined) failed.push({ file: module.moduleId, name: '', message: wordsOf(error) });
      const { collectDuration, prepareDuration, environmentSetupDuration, setupDuration } = module.diagnostic();
      return {
        file: module.moduleId,
        loadMs: Math.round(collectDuration + prepareDuration + environmentSetupDuration + setupDuration),
        tests: tests.map((test) => ({ id: test.id, name: test.fullName, ms: test.diagnostic()?.duration ?? 0 })),
      };
    });
    return { files, failed };
  }

  async close(): Promise<void> {
    await this.#vitest.close();
  }
}

function wordsOf(error: unknown): string {
  const message = (error as { message?: unknown } | undefined)?.message;
  return String(message ?? error).slice(0, MESSAGE_CHARS);
}
