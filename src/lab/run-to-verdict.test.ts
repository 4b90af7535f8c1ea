import { expect, test } from 'vitest';
import { PrefixMismatch } from '../checks/by-sql/prefix-check.ts';
import type { VerifyReport } from '../checks/verify.ts';
import { LabError } from './lab-error.ts';
import type { RealWorld } from './real/real-world.ts';
import { runToVerdict } from './run-to-verdict.ts';
import { defineScenario, type ScenarioWorld } from './scenario.ts';

const NONE = { findings: [], count: 0 };
const CLEAN = {
  verdict: 'PASS',
  guarantees: { G1: NONE, G2: NONE, G3: NONE, G4: NONE, G5: NONE, G6: NONE },
} as unknown as VerifyReport;
const LIMITS = { storyMs: 20, healMs: 20, checkMs: 20 };

/** A world where all goes well, and what was done to it. */
function quietWorld() {
  const done: string[] = [];
  const bits: { what: string; happened: boolean }[] = [];
  const world = {
    seed: 1,
    bits,
    expectedSums: [{ EUR: { count: 1, amount: '1' } }],
    tails: 'last lines',
    faults: { plannedRecords: () => [] },
    recorder: { history: {}, phaseNow: 'the story' },
    tables: {
      sql: {
        dataset: { projectId: 'p', dataset: 'd' },
        queries: {
          runQuery: async (sql: string) =>
            sql.includes('DISTINCT') ? [{ total_rows: 1, ids: 1 }] : [{ currency: 'EUR', payments: 1, amount: '1' }],
        },
      },
    },
    phase: () => {},
    heal: async () => void done.push('heal'),
    drain: async () => void done.push('drain'),
    stopAll: async () => [{ name: 'alpha', code: 0 }],
    stopSending: () => void done.push('stop sending'),
    verify: async () => CLEAN,
    allEventsOf: () => [],
    bit: (what: string, happened: boolean) => void bits.push({ what, happened }),
  };
  return { done, world: world as unknown as RealWorld };
}

function told(run: (world: ScenarioWorld) => Promise<void>) {
  return defineScenario({ name: 'a-story', title: '', whatCouldGoWrong: '', guarantees: ['G1'], run });
}

test('a story whose fault bit, and that broke nothing, passes', async () => {
  const { world, done } = quietWorld();
  const { report } = await runToVerdict(
    told(async ({ bit }) => bit('it was cut', true)),
    world,
    LIMITS,
  );
  expect([report.verdict, report.problems, done]).toEqual(['PASS', [], ['heal', 'drain']]);
});

test('a story that hangs is given up with a reason: UNKNOWN, and it can do nothing more', async () => {
  const { world, done } = quietWorld();
  const late = Promise.withResolvers<void>();
  const tried = Promise.withResolvers<unknown>();
  const story = told(async (given) => {
    given.bit('it was cut', true);
    await late.promise;
    await given.drain();
  });
  const { report } = await runToVerdict(
    { ...story, run: (given) => story.run(given).catch(tried.resolve) as Promise<void> },
    world,
    LIMITS,
  );
  expect(report.verdict).toBe('UNKNOWN');
  const problem = 'the story broke off: not within 20 ms: the end of the story';
  expect(report.problems).toEqual([problem]);
  expect(report.details).toEqual([{ problem, text: 'last lines' }]);
  late.resolve();
  expect(String(await tried.promise)).toContain('the story is over');
  expect(done).toEqual(['stop sending', 'heal', 'drain']);
});

test('a story may say how long it takes', async () => {
  const hangs = { ...told(() => new Promise<void>(() => {})), storyMs: 1 };
  const { report } = await runToVerdict(hangs, quietWorld().world, { ...LIMITS, storyMs: 60_000 });
  expect(report.problems[0]).toMatch(/^the story broke off: not within 1 ms/);
});

test('a world that does not heal, and checks that do not end, are UNKNOWN as well', async () => {
  const { world } = quietWorld();
  const stuck = Object.assign(world, { heal: () => new Promise(() => {}), verify: () => new Promise(() => {}) });
  const { report, verified } = await runToVerdict(
    told(async ({ bit }) => bit('it was cut', true)),
    stuck as RealWorld,
    LIMITS,
  );
  expect([report.verdict, verified]).toEqual(['UNKNOWN', null]);
  expect(report.problems).toEqual([
    'not healed: not within 20 ms: all is healed',
    'not verified: not within 20 ms: verify ends',
  ]);
});

test('a story that breaks off with the output of a process gives a verdict of one sentence, the output beside it', async () => {
  const { world } = quietWorld();
  const { report } = await runToVerdict(
    told(async ({ bit }) => {
      bit('it was cut', true);
      throw new LabError(
        'processor alpha ended (code 70) before it said takeover.running',
        '{"event":"a"}\n{"event":"b"}',
      );
    }),
    world,
    LIMITS,
  );
  const problem = 'the story broke off: processor alpha ended (code 70) before it said takeover.running';
  expect(report.problems).toEqual([problem]);
  expect(report.details).toEqual([{ problem, text: '{"event":"a"}\n{"event":"b"}' }]);
});

test('an error of several lines is a sentence too: the first line', async () => {
  const { world } = quietWorld();
  const { report } = await runToVerdict(
    told(async () => {
      throw new Error('it broke:\nraw\nlines');
    }),
    world,
    LIMITS,
  );
  expect(report.problems[0]).toBe('the story broke off: it broke:');
  expect(report.details).toMatchObject([{ text: 'raw\nlines' }]);
});

test('a run that is interrupted is UNKNOWN, keeps what it saw, and does nothing more to its world', async () => {
  const { world, done } = quietWorld();
  const stop = new AbortController();
  const late = Promise.withResolvers<void>();
  const tried = Promise.withResolvers<unknown>();
  const story = told(async (given) => {
    given.bit('it was cut', true);
    stop.abort(new Error('SIGINT received'));
    await late.promise;
    await given.drain();
  });
  const { report, verified } = await runToVerdict(
    { ...story, run: (given) => story.run(given).catch(tried.resolve) as Promise<void> },
    world,
    LIMITS,
    stop.signal,
  );
  expect(report).toMatchObject({
    verdict: 'UNKNOWN',
    problems: ['interrupted in the story: SIGINT received'],
    bits: [{ what: 'it was cut', happened: true }],
  });
  expect(verified).toBeNull();
  late.resolve();
  expect(String(await tried.promise)).toContain('SIGINT received');
  expect(done).toEqual(['stop sending']);
});

test('a story that must live ends when a partition stops: FAIL, with the stop and the death as its failures', async () => {
  const { world, done } = quietWorld();
  const stop = { type: 'partition.stopped', code: 'rows_differ', error: 'rows differ' };
  const lives = [{ life: 1, exitCode: 65 }];
  const given = Object.assign(world, {
    gaveUp: Promise.reject(new Error('partition 0 stopped: rows_differ')),
    allEventsOf: () => [stop],
    recorder: { ...world.recorder, processors: () => [{ name: 'alpha', lives }] },
  }) as RealWorld;
  given.gaveUp.catch(() => {});
  const hangs = { ...told(() => new Promise<void>(() => {})), mustLive: true };
  const { report, failures } = await runToVerdict(hangs, given, LIMITS);
  expect(report.verdict).toBe('FAIL');
  expect(failures).toEqual([
    { guarantee: null, kind: 'stopped:rows_differ', message: 'rows differ' },
    { guarantee: null, kind: 'ended:65', message: 'life 1 of alpha ended with 65' },
  ]);
  expect(report.problems).toContain('the story broke off: partition 0 stopped: rows_differ');
  expect(done).toEqual(['stop sending', 'heal', 'drain']);
});

test('a comparison by SQL that differs is a failure of its guarantee; other sums need not be known', async () => {
  const { world } = quietWorld();
  const unsummed = Object.assign(world, { expectedSums: [] }) as RealWorld;
  const story = {
    ...told(async ({ bit }) => bit('it was cut', true)),
    knowsSums: false,
    check: () => Promise.reject(new PrefixMismatch('G2', 'id_twice', 'an id is there twice')),
  };
  const { report, failures } = await runToVerdict(story, unsummed, LIMITS);
  expect([report.verdict, report.problems, report.broke]).toEqual([
    'FAIL',
    ['not compared: an id is there twice'],
    [{ guarantee: 'G2', kind: 'id_twice' }],
  ]);
  expect(failures).toHaveLength(1);
});

test('what verify must find is no failure where it finds it, and one where it does not, or finds more', async () => {
  const finding = (kind: string) => ({ kind, partition: 2, offsets: [], transactionIds: [], message: kind });
  const report = (...kinds: string[]) => ({
    ...CLEAN,
    verdict: 'FAIL',
    guarantees: { ...CLEAN.guarantees, G1: { findings: kinds.map(finding), count: kinds.length } },
  });
  const outcome = async (...kinds: string[]) => {
    const { world } = quietWorld();
    const story = { ...told(async ({ bit }) => bit('it was cut', true)), verifyFinds: ['partition_unread'] };
    const found = { ...world, verify: async () => report(...kinds) } as unknown as RealWorld;
    const { report: made } = await runToVerdict(story, found, LIMITS);
    return [made.verdict, made.problems, made.broke];
  };
  expect(await outcome('partition_unread')).toEqual(['PASS', [], []]);
  expect(await outcome()).toEqual(['FAIL', ['G1: verify does not find partition_unread'], []]);
  expect(await outcome('partition_unread', 'lost')).toEqual([
    'FAIL',
    ['G1: 1 finding, the first: lost'],
    [{ guarantee: 'G1', kind: 'lost' }],
  ]);
});
