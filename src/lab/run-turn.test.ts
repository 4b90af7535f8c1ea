import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { SuiteArtifacts } from './artifacts.ts';
import { readSuite } from './report/read-artifacts.ts';
import { RunProgress } from './run-progress.ts';
import { type RunOne, runTurn } from './run-scenarios.ts';
import { defineScenario, type ScenarioReport } from './scenario.ts';
import { SuiteFile } from './suite-file.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'provenonce-suite-'));
});
afterEach(() => rm(folder, { recursive: true }));

const scenario = (name: string) =>
  defineScenario({ name, title: 't', whatCouldGoWrong: '', guarantees: ['G1'], run: async () => {} });
const PASSED: Omit<ScenarioReport, 'name'> = {
  verdict: 'PASS',
  problems: [],
  bits: [],
  broke: [],
  stops: [],
  seed: 7,
  tookMs: 5,
};

function suiteOf() {
  const suite = new SuiteFile({ folder, seed: 7, command: 'again', nowMs: () => 1_000 });
  const stop = new AbortController();
  const lines: string[] = [];
  const progress = new RunProgress({ say: (line) => lines.push(line), nowMs: () => 1_000 });
  const run = (name: string, runOne: RunOne) =>
    runTurn(
      { scenario: scenario(name), repeat: 1 },
      suite,
      { folder, repeat: 1, seed: 7, jobs: 1, progress, command: 'again', signal: stop.signal },
      runOne,
    );
  return { run, stop, lines };
}

async function written(): Promise<SuiteArtifacts> {
  return JSON.parse(await readFile(path.join(folder, 'suite.json'), 'utf8')) as SuiteArtifacts;
}

test('a run that has not ended is in suite.json as UNKNOWN: one that is killed is on the page', async () => {
  const { run } = suiteOf();
  await run('first', async () => ({ name: 'first', ...PASSED }));
  let meanwhile: SuiteArtifacts | undefined;
  await run('second', async () => {
    meanwhile = await written();
    const { runs } = await readSuite(folder);
    expect(runs.map(({ unreadable }) => unreadable)).toEqual([
      'it left no run.json',
      'interrupted: it was running when the lab was ended from outside (it left no run.json)',
    ]);
    return { name: 'second', ...PASSED };
  });
  expect(meanwhile).toMatchObject({ verdict: 'UNKNOWN' });
  expect(meanwhile?.runs.map(({ scenario: name, verdict }) => [name, verdict])).toEqual([
    ['first', 'PASS'],
    ['second', 'UNKNOWN'],
  ]);
  expect((await written()).verdict).toBe('PASS');
});

test('a run whose world cannot be made is UNKNOWN with one sentence, and the rest beside it', async () => {
  const { run, lines } = suiteOf();
  const report = await run('first', () => Promise.reject(new Error('no topic\nraw line')));
  expect(report).toMatchObject({ verdict: 'UNKNOWN', problems: ['no topic'], details: [{ text: 'raw line' }] });
  expect(lines.at(-1)).toMatch(/no topic$/);
});

test('a run that was interrupted before its world was there says so', async () => {
  const { run, stop } = suiteOf();
  const report = await run('first', async (_, { signal }) => {
    stop.abort(new Error('SIGTERM received'));
    throw signal.reason;
  });
  expect(report.problems).toEqual(['interrupted before it began: SIGTERM received']);
  expect((await written()).runs).toMatchObject([{ scenario: 'first', verdict: 'UNKNOWN' }]);
});
