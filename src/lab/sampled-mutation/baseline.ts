/**
 * What is known of the code as it is before the first mutant: which tests run which code, how long each takes, and that all
 * of them pass. It takes minutes and is kept in a file; after an edit of a test only that file is measured again, after one
 * of a source everything.
 */
import { createHash } from 'node:crypto';
import { globSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { filesOf, ROOMS } from './mutable-places.ts';
import type { FileHits } from './probe-hits.ts';
import { type Probe, probesOf } from './probes.ts';
import { SessionProcess } from './session-process.ts';
import type { SimulationTask } from './simulation-child.ts';
import { simulate } from './start-simulation.ts';

export interface MeasuredTest {
  readonly id: string;
  readonly name: string;
  readonly ms: number;
  readonly hits: readonly number[];
}

export interface MeasuredFile {
  /** From the folder of the checkout. */
  readonly file: string;
  /** Of its text. */
  readonly hash: string;
  readonly loadMs: number;
  /** Probes hit while no test was running. */
  readonly outside: readonly number[];
  readonly tests: readonly MeasuredTest[];
  /** Does not pass as it is: no mutant is judged by it. */
  readonly broken?: string;
}

export interface Baseline {
  /** Of all sources that can be mutated. */
  readonly sourcesHash: string;
  readonly files: readonly MeasuredFile[];
  readonly simulation: { readonly ms: number; readonly hits: readonly number[] };
}

export type SimulationBudget = Pick<SimulationTask, 'seed' | 'exploreRuns' | 'familyRuns'>;

/** What is measured, and the most that a mutant is tried against. */
export const SIMULATION: SimulationBudget = { seed: 1, exploreRuns: 96, familyRuns: 12 };

/**
 * They start the lab, the demo or whole commands in processes of their own, which no mutant reaches, or take minutes. The
 * drawn cases of properties/ are those that the runs of the simulated world draw too.
 */
const LEFT_OUT = /^src\/(demo|infra|cli|lab\/(mutants|sampled-mutation|real|upgrade|report|drawn)|[\w-]+\.test)/;
/** Contract tests that need what only a test run by itself has, or that reach nothing that can be mutated. */
const CONTRACT_LEFT_OUT = /^src\/(cli|infra|conformance|simulator|lab\/real)\//;
const FILE_LIMIT_MS = 600_000;
const TEST_TIMEOUT_MS = 120_000;

/** Where the probes of each source begin in the array of all, and what each stands for. */
export class ProbePlan {
  readonly first: Readonly<Record<string, number>>;
  readonly count: number;
  readonly #probes = new Map<string, readonly Probe[]>();

  constructor(root: string) {
    let count = 0;
    const first: Record<string, number> = {};
    for (const file of ROOMS.flatMap((room) => filesOf(room, root))) {
      const probes = probesOf(file, readFileSync(path.join(root, file), 'utf8'));
      this.#probes.set(file, probes);
      first[file] = count;
      count += probes.length;
    }
    this.first = first;
    this.count = count;
  }

  probes(file: string): readonly Probe[] {
    return this.#probes.get(file) ?? [];
  }
}

export interface MeasureOptions {
  readonly root: string;
  readonly plan: ProbePlan;
  /** As far as it still holds. */
  readonly known?: Baseline;
  /** Files at a time. */
  readonly jobs: number;
  /** Contract tests as well. */
  readonly contract?: boolean;
  readonly nowMs: () => number;
  readonly onFile?: (text: string) => void;
  /** Of the simulated world; default: this checkout's. */
  readonly simulation?: typeof simulate;
  /** Called with what there is, after each file: a measurement that is broken off resumes where it was. */
  readonly save?: (soFar: Baseline) => void;
}

const NO_SIMULATION: Baseline['simulation'] = { ms: 0, hits: [] };

/** Throws where the simulated world finds something in the code as it is. */
export async function measure(options: MeasureOptions): Promise<Baseline> {
  const { root, plan, known, jobs, onFile = () => {}, save = () => {} } = options;
  const sourcesHash = hashOfSources(root, plan);
  const valid = known?.sourcesHash === sourcesHash ? known : undefined;
  const files: MeasuredFile[] = [];
  const waiting = testFiles(root, options.contract).filter((file) => {
    const hash = hashOf(readFileSync(path.join(root, file), 'utf8'));
    const before = valid?.files.find((each) => each.file === file && each.hash === hash);
    if (before !== undefined) files.push(before);
    return before === undefined;
  });
  const worker = async (contract: boolean): Promise<void> => {
    const folder = mkdtempSync(path.join(tmpdir(), 'provenonce-probes-'));
    const environment = { PROVENONCE_PROBE_FOLDER: folder, PROVENONCE_PROBE_COUNT: String(plan.count) };
    const settings = { root, contract, testTimeoutMs: TEST_TIMEOUT_MS, firstProbes: plan.first };
    const session = new SessionProcess(settings, environment);
    const next = (): string | undefined => {
      const place = waiting.findIndex((file) => isContract(file) === contract);
      return place < 0 ? undefined : waiting.splice(place, 1)[0];
    };
    try {
      for (let file = next(); file !== undefined; file = next()) {
        onFile(file);
        files.push(await measureFile(file, root, session, folder));
        save({ sourcesHash, files, simulation: valid?.simulation ?? NO_SIMULATION });
      }
    } finally {
      session.end();
      rmSync(folder, { recursive: true, force: true });
    }
  };
  await Promise.all(Array.from({ length: Math.min(jobs, waiting.length) }, () => worker(false)));
  // They have the real parts to themselves.
  if (waiting.length > 0) await worker(true);
  files.sort((a, b) => (a.file < b.file ? -1 : 1));
  const isKnown = valid !== undefined && valid.simulation.ms > 0;
  if (!isKnown) onFile('the simulated world');
  return { sourcesHash, files, simulation: isKnown ? valid.simulation : await measureSimulation(options) };
}

export function testFiles(root: string, contract = false): string[] {
  const isOfLab = (file: string): number => Number(file.startsWith('src/lab/'));
  const isWanted = (file: string): boolean =>
    isContract(file) ? contract && !CONTRACT_LEFT_OUT.test(file) : !LEFT_OUT.test(file);
  return globSync('src/**/*.test.ts', { cwd: root })
    .map((file) => file.split(path.sep).join('/'))
    .filter((file) => !/\.(browser|long)\.test\.ts$/.test(file) && isWanted(file))
    .sort((a, b) => isOfLab(a) - isOfLab(b) || (a < b ? -1 : 1));
}

export function isContract(file: string): boolean {
  return file.endsWith('.contract.test.ts');
}

async function measureFile(file: string, root: string, session: SessionProcess, folder: string): Promise<MeasuredFile> {
  const hash = hashOf(readFileSync(path.join(root, file), 'utf8'));
  for (const old of readdirSync(folder)) rmSync(path.join(folder, old));
  const run = await session.run({ wanted: [{ file: path.join(root, file) }] }, FILE_LIMIT_MS);
  const [told] = readdirSync(folder);
  const nothing = { file, hash, loadMs: 0, outside: [], tests: [] };
  if (typeof run === 'string') return { ...nothing, broken: run };
  const [tested] = run.files;
  if (told === undefined || tested === undefined) return { ...nothing, broken: run.failed[0]?.message ?? 'no tests' };
  const { outside, tests } = JSON.parse(readFileSync(path.join(folder, told), 'utf8')) as FileHits;
  const measured: MeasuredFile = {
    ...nothing,
    loadMs: tested.loadMs,
    outside,
    tests: tested.tests.map(({ id, name, ms }) => ({ id, name, ms: Math.round(ms), hits: tests[id] ?? [] })),
  };
  const [failed] = run.failed;
  return failed === undefined ? measured : { ...measured, broken: `${failed.name}: ${failed.message}` };
}

async function measureSimulation(options: MeasureOptions): Promise<Baseline['simulation']> {
  const { root, plan, nowMs, simulation = simulate } = options;
  const startedMs = nowMs();
  const run = await simulation(
    { root, ...SIMULATION, probes: { first: plan.first, count: plan.count } },
    FILE_LIMIT_MS,
  );
  if (typeof run === 'string' || 'died' in run || run.found !== undefined) {
    throw new Error(`the simulated world does not pass as it is: ${JSON.stringify(run).slice(0, 300)}`);
  }
  return { ms: Math.round(nowMs() - startedMs), hits: run.hits ?? [] };
}

function hashOfSources(root: string, plan: ProbePlan): string {
  return hashOf(
    Object.keys(plan.first)
      .map((file) => `${file}\0${readFileSync(path.join(root, file), 'utf8')}`)
      .join('\0'),
  );
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

export function readBaseline(file: string): Baseline | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Baseline;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

export function writeBaseline(file: string, baseline: Baseline): void {
  mkdirSync(path.dirname(path.resolve(file)), { recursive: true });
  writeFileSync(file, JSON.stringify(baseline));
}
