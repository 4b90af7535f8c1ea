import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { defineBenchmark } from './benchmark.ts';
import { documentOf, markdownOf, readDocument, startClock, textOf, withTable } from './document.ts';
import { failureOf, measure } from './measure.ts';
import { verdictOf } from './result.ts';

const quick = defineBenchmark({
  name: 'quick',
  what: 'two figures',
  limits: 'made up',
  figures: [
    { name: 'speed', what: 'events', unit: 'events/s', must: 100, aim: 200, better: 'more' },
    { name: 'size', what: 'memory', unit: 'MB', must: 10, better: 'less', judged: 'worst' },
  ],
  repeats: 3,
  sizes: { events: 1_000, ids: [1, 2] },
  smoke: { events: 1, ids: [1] },
  async run({ sizes, repeats, sample, detail }) {
    for (let repeat = 0; repeat < repeats; repeat += 1) sample({ speed: 150 + repeat, size: 9 + repeat });
    detail({ ran: sizes.events });
  },
});

const says: string[] = [];
const say = (text: string) => void says.push(text);

it('gives each figure its spread, its verdict and what was run', async () => {
  const [speed, size] = await measure(quick, { say });
  expect(speed).toMatchObject({ name: 'speed', benchmark: 'quick', figure: 151, min: 150, median: 151, max: 152 });
  expect(speed).toMatchObject({ runs: 3, verdict: 'reached', must: 100, aim: 200, detail: { ran: 1_000 } });
  expect(size).toMatchObject({ figure: 11, median: 10, verdict: 'MISSED', aim: null });
});

it('takes repeats, small sizes and sizes by name', async () => {
  const [speed] = await measure(quick, { say, smoke: true, set: { ids: 7 } });
  expect(speed).toMatchObject({ runs: 1, sizes: { events: 1, ids: [7] } });
  const [twice] = await measure(quick, { say, repeats: 2 });
  expect(twice?.runs).toBe(2);
  await expect(measure(quick, { say, set: { evnts: 7 } })).rejects.toThrow(
    'quick has no size evnts; it has: events, ids',
  );
});

it('judges more and less by their own limits', () => {
  const spec = { name: 'a', what: '', unit: 's', must: 10, aim: 5, better: 'less' } as const;
  expect([11, 10, 5].map((figure) => verdictOf(spec, figure))).toEqual(['MISSED', 'reached', 'aim']);
  const more = { ...spec, must: 5, aim: 10, better: 'more' } as const;
  expect([4, 5, 10].map((figure) => verdictOf(more, figure))).toEqual(['MISSED', 'reached', 'aim']);
  expect(verdictOf({ name: 'a', what: '', unit: 's', better: 'less' }, 1)).toBe('told');
});

it('a benchmark that leaves a figure out, or makes one up, fails', async () => {
  const silent = { ...quick, run: async () => {} };
  const told = await measure(silent, { say });
  expect(told[0]?.detail.error).toBe('it ended without a figure for speed, size');
  const inventive = { ...quick, run: async ({ sample }: Parameters<typeof quick.run>[0]) => sample({ sped: 1 }) };
  expect((await measure(inventive, { say }))[0]?.detail.error).toBe('quick has no figure sped');
  const endless = { ...quick, run: async ({ sample }: Parameters<typeof quick.run>[0]) => sample({ speed: 1 / 0 }) };
  expect((await measure(endless, { say }))[0]?.detail.error).toBe('quick: speed is Infinity');
});

it('a document is reached only when all of it is', async () => {
  const results = await measure(quick, { say });
  expect(documentOf(results, startClock(), false).reached).toBe(false);
  expect(documentOf(results.slice(0, 1), startClock(), false).reached).toBe(true);
  expect(documentOf(failureOf(quick, 'it broke'), startClock(), false).reached).toBe(false);
});

it('a document is read back from what npm run printed around it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'provenonce-bench-'));
  try {
    const document = documentOf(await measure(quick, { say }), startClock(), false);
    const file = join(folder, 'figures.json');
    writeFileSync(
      file,
      `\n> provenonce@0.1.0 bench\n> node bench/main.ts quick --json\n\n${JSON.stringify(document, null, 2)}\n`,
    );
    expect(readDocument(file)).toEqual(JSON.parse(JSON.stringify(document)));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it('a document shows as a table and as Markdown', async () => {
  const document = documentOf(
    [...(await measure(quick, { say })), ...failureOf(quick, 'it broke')],
    startClock(),
    false,
  );
  const text = textOf(document);
  expect(text).toMatch(/speed .*events\/s .*100 .*200 .*151 .*150 .*152 .*3 .*reached/);
  expect(text).toMatch(/size .*MISSED/);
  expect(text).toContain('error: it broke');
  expect(markdownOf(document)).toMatchInlineSnapshot(`
    "| figure | what | unit | must | aim | measured | command |
    |---|---|---|---|---|---|---|
    | speed | events | events/s | 100 | 200 | 151 (150 to 152, 3 runs) | \`npm run bench -- quick\` |
    | size | memory | MB | 10 |  | **missed**: 11 (9 to 11; median 10, 3 runs) | \`npm run bench -- quick\` |
    | speed | events | events/s | 100 | 200 | **failed** | \`npm run bench -- quick\` |
    | size | memory | MB | 10 |  | **failed** | \`npm run bench -- quick\` |"
  `);
});

it('a table goes between the marks of a page; rows of other runs stay', () => {
  const page = (rows: string) =>
    `# P\n<!-- figures: npm run bench -- table -->\n${rows}\n<!-- end of figures -->\nmore`;
  const before = page('| figure | x |\n|---|---|\n| a | 1 |\n| b | 2 |');
  const after = page('| figure | y |\n|---|---|\n| a | 1 |\n| b | 3 |\n| c | 4 |');
  expect(withTable(before, '| figure | y |\n|---|---|\n| b | 3 |\n| c | 4 |')).toBe(after);
  expect(() => withTable('# P', '| b | 3 |')).toThrow('the page has no');
});
