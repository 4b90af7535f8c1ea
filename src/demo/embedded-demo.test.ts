import { expect, test } from 'vitest';
import { demoChecks, passes } from './demo-checks.ts';
import { embeddedFacts } from './embedded-facts.ts';
import { type EmbeddedOptions, embeddedStory } from './embedded-story.ts';

const SIZE: EmbeddedOptions = {
  events: 12_000,
  ratePerSecond: 5_000,
  seed: 1,
  partitions: 4,
  say: () => {},
  onProgress: () => {},
  signal: new AbortController().signal,
};

test('the story in the simulated world passes the checks of the real one, and its crash bites', async () => {
  const said: string[] = [];
  const { world, result } = await embeddedStory({ ...SIZE, say: (text) => said.push(text) });
  const facts = await embeddedFacts(world);
  const checks = demoChecks(facts, result.sent, result.survived);
  expect(checks.filter(({ pass }) => !pass)).toEqual([]);
  expect(passes(checks)).toBe(true);
  expect(result.sent.acked).toBe(SIZE.events);
  expect(said[0]).toContain('killed with -9');
  expect(world.fired.map(({ what }) => what)).toEqual(['crash', 'disk']);
});

test('the same seed tells the same story, however often it is looked at', async () => {
  const [one, two] = [await embeddedStory(SIZE), await embeddedStory(SIZE)];
  expect(two.world.trace.digest()).toBe(one.world.trace.digest());
  const other = await embeddedStory({ ...SIZE, seed: 2 });
  expect(other.world.trace.digest()).not.toBe(one.world.trace.digest());
});

test('what is wrong in the tables is found: a row too many, a row too few', async () => {
  const { world, result } = await embeddedStory(SIZE);
  const rows = world.bigquery.tables.landed('payment_transactions') as unknown as object[];
  const failing = async (): Promise<string[]> =>
    demoChecks(await embeddedFacts(world), result.sent, result.survived)
      .filter(({ pass }) => !pass)
      .map(({ what }) => what.slice(0, 2));
  const [first] = rows;
  rows.push(first!);
  expect(await failing()).toEqual(expect.arrayContaining(['re', 'CO', 'su', 'G1', 'G2']));
  rows.pop();
  expect(await failing()).toEqual([]);
  rows.shift();
  expect(await failing()).toEqual(expect.arrayContaining(['su', 'G1']));
});

test('an abort ends it between two events', async () => {
  const abort = new AbortController();
  const telling = embeddedStory({ ...SIZE, signal: abort.signal, onProgress: () => abort.abort(new Error('enough')) });
  await expect(telling).rejects.toThrow('enough');
});
