/** Two processes with two rules files in the simulated world: one entry a partition, however often it changes hands. */
import { expect, it } from 'vitest';
import { BUILT_IN_EVENT } from '../../../payments/rules/built-in-event.ts';
import type { LoadedRules } from '../../../payments/rules/rules.ts';
import { loadedRules } from '../../../payments/rules/rules-document.ts';
import { DEFAULT_DECISION_SETTINGS } from '../../../payments/settings.ts';
import type { ProcessorEvent } from '../../../processor/events.ts';
import type { ExitReport } from '../../../processor/processor.ts';
import { elapse, someRecords } from '../testing.ts';
import { createWorld } from '../world/create-world.ts';
import { processorMain } from '../world/processor-main.ts';

const { fraud } = DEFAULT_DECISION_SETTINGS;
const REBALANCES = 10;

function rules(revision: number, maxScore = 100): LoadedRules {
  return loadedRules({ revision, event: BUILT_IN_EVENT, columns: [], fraud: { ...fraud, maxScore } });
}

interface Files {
  readonly a: LoadedRules | undefined;
  readonly b: LoadedRules | undefined;
}

/** Both processes, one of which goes and comes again before each look. */
async function changingHands(files: Files) {
  const world = createWorld({ seed: 3, partitions: 4 });
  const events: (ProcessorEvent & { readonly process: string })[] = [];
  const exits = new Map<string, number>();
  const spawn = (name: 'a' | 'b') =>
    world.spawn(name, async (ports) => {
      const observer = { emit: (event: ProcessorEvent) => void events.push({ ...event, process: name }) };
      const report = await processorMain({ rules: () => files[name], observer })(ports);
      exits.set(name, report.exitCode);
      return report;
    });
  const processes = [spawn('a'), spawn('b')];
  await elapse(world, 30_000);
  for (let turn = 0; turn < REBALANCES / 2; turn++) {
    const process = processes[turn % 2]!;
    process.stop();
    await elapse(world, 30_000);
    process.start();
    await elapse(world, 30_000);
  }
  const histories = world.bigquery.ownership.read(world.kafka.topic).map(({ history }) => history);
  return { events, exits, histories };
}

it('get one entry of the higher revision at ten rebalances, and the process with the lower one warns once a life', async () => {
  const { events, histories } = await changingHands({ a: rules(1), b: rules(2, 50) });
  for (const history of histories) {
    const revisions = history.map(({ revision = 0 }) => revision);
    expect([[1, 2], [2]]).toContainEqual(revisions);
    expect(history.at(-1)!.rules?.sha256).toBe(rules(2, 50).sha256);
  }
  const takeovers = events.filter(({ type }) => type === 'takeover.running').length;
  expect(takeovers).toBeGreaterThanOrEqual(2 * REBALANCES);
  const older = events.filter(({ type }) => type === 'settings.older');
  expect(new Set(older.map(({ process }) => process))).toEqual(new Set(['a']));
  // Three of the five restarts are a's, and its first life counts.
  expect(older.length).toBeLessThanOrEqual(4);
  expect(events.filter(({ type }) => type === 'settings.changed').length).toBeLessThanOrEqual(4);
});

it('of one revision with other content are refused with exit code 64, and the first file stays', async () => {
  const { exits, histories } = await changingHands({ a: rules(1), b: rules(1, 50) });
  expect([...exits.values()]).toContain(64);
  expect(new Set(histories.map((history) => history.map(({ rules: of }) => of?.sha256).join()))).toHaveProperty(
    'size',
    1,
  );
});

it('a process without a file runs by the rules that are in force', async () => {
  const { events, exits, histories } = await changingHands({ a: undefined, b: rules(2) });
  expect([...exits.values()].filter((code) => code !== 0)).toEqual([]);
  for (const history of histories) expect(history.at(-1)).toMatchObject({ revision: 2, foldVersion: 3 });
  expect(events.some(({ type, process }) => type === 'settings.older' && process === 'a')).toBe(true);
});

/** Runs of one process, each to the end of the same records: the first reads them all, the next find nothing to do. */
async function untilCaughtUp(...revisions: readonly number[]) {
  const world = createWorld({ seed: 3, partitions: 2 });
  for (const partition of [0, 1]) world.kafka.partition(partition).append(someRecords(20));
  const events: ProcessorEvent[] = [];
  const observer = { emit: (event: ProcessorEvent) => void events.push(event) };
  let run = 0;
  const main = processorMain({ untilCaughtUp: true, observer, rules: () => rules(revisions[run - 1]!) });
  const process = world.spawn('a', (ports) => {
    run++;
    return main(ports);
  });
  for (const _ of revisions.slice(1)) {
    await elapse(world, 60_000);
    process.start();
  }
  await elapse(world, 60_000);
  const histories = world.bigquery.ownership.read(world.kafka.topic).map(({ history }) => history);
  return { events, histories, exits: process.exits.map(({ value }) => (value as ExitReport).exitCode) };
}

it('a higher revision is in force on an idle topic before a process ends for being caught up', async () => {
  const { events, histories, exits } = await untilCaughtUp(1, 2);
  expect(exits).toEqual([0, 0]);
  for (const history of histories) expect(history.map(({ revision }) => revision)).toEqual([1, 2]);
  expect(events.filter(({ type }) => type === 'settings.changed')).toHaveLength(2);
});

it('a lower revision is warned of on an idle topic, once', async () => {
  const { events, histories, exits } = await untilCaughtUp(2, 1);
  expect(exits).toEqual([0, 0]);
  for (const history of histories) expect(history.map(({ revision }) => revision)).toEqual([2]);
  expect(events.filter(({ type }) => type === 'settings.older')).toMatchObject([{ revision: 1, newest: 2 }]);
});
