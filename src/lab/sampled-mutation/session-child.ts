/**
 * A process that holds one VitestSession and runs what it is sent: `node session-child.ts` with an IPC channel. A mutant that
 * never ends is ended with this process, whose group holds its test processes too.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { mutate, type SampledMutant } from './mutants-of.ts';
import { withProbes } from './probes.ts';
import { type SessionRun, VitestSession, type WantedTests } from './vitest-session.ts';

export interface SessionSettings {
  readonly root: string;
  readonly testTimeoutMs: number;
  readonly contract?: boolean;
  /** Measuring: where each file's probes begin in the array of all. Left out: mutants are run. */
  readonly firstProbes?: Readonly<Record<string, number>>;
}

/** What is asked for; answered with a SessionRun, in turn. */
export interface SessionTask {
  readonly mutant?: SampledMutant;
  readonly wanted: readonly WantedTests[];
}

export type SessionAnswer = { readonly ready: true } | { readonly run: SessionRun } | { readonly error: string };

const settings = JSON.parse(process.argv[2] ?? '') as SessionSettings;
const { root, firstProbes, testTimeoutMs, contract = false } = settings;
let mutant: SampledMutant | undefined;

const session = await VitestSession.open({
  root,
  testTimeoutMs,
  contract,
  bail: firstProbes === undefined,
  ...(firstProbes === undefined ? {} : { setupFiles: [path.join(import.meta.dirname, 'probe-hits.ts')] }),
  sourceOf(file) {
    const first = firstProbes?.[file];
    // From the disk, not what another plugin made of it.
    const source = (): string => readFileSync(path.join(root, file), 'utf8');
    if (first !== undefined) return withProbes(file, source(), first);
    return mutant?.file === file ? mutate(source(), mutant) : undefined;
  },
});

async function run(task: SessionTask): Promise<SessionAnswer> {
  if (mutant !== undefined) session.changed(path.join(root, mutant.file));
  mutant = task.mutant;
  if (mutant !== undefined) session.changed(path.join(root, mutant.file));
  try {
    return { run: await session.run(task.wanted) };
  } catch (error) {
    return { error: String((error as Error).stack) };
  }
}

function answer(what: SessionAnswer): void {
  process.send!(what);
}

let turn = Promise.resolve();
process.on('message', (task: SessionTask) => {
  turn = turn.then(async () => answer(await run(task)));
});
process.on('disconnect', () => void session.close().finally(() => process.exit(0)));
answer({ ready: true });
