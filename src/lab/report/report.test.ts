import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import vm from 'node:vm';
import { inflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ConfigurationError } from '../../base/errors.ts';
import type { PageIndex, RunPayload } from './model/page-data.ts';
import { makeReport } from './report.ts';
import { writeMadeSuite } from './testing/made-run.ts';

const PAGE_BYTES_MAX = 5 * 1024 * 1024;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'provenonce-report-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function madePage(
  name: string,
  options: Parameters<typeof writeMadeSuite>[1],
  mutantsFile?: string,
): Promise<string> {
  const suite = await writeMadeSuite(path.join(folder, name), options);
  const out = path.join(suite, 'report.html');
  const made = await makeReport({
    folder: suite,
    out,
    ...(mutantsFile === undefined ? {} : { mutantsFiles: [mutantsFile] }),
  });
  const page = await readFile(out, 'utf8');
  expect(made).toMatchObject({
    runs: 2,
    byteLength: Buffer.byteLength(page),
    unreadable: [expect.stringContaining('broke-off')],
  });
  return page;
}

function packedIn<T>(page: string, id: string): T {
  const [, text] = new RegExp(`id="${id}">([^<]*)<`).exec(page)!;
  return JSON.parse(inflateRawSync(Buffer.from(text!, 'base64')).toString()) as T;
}

describe('a page', () => {
  let page: string;
  beforeAll(async () => {
    const mutants = path.join(folder, 'mutants.json');
    const row = { name: 'no-finalize', guarantee: 'G1', killed: true, killedBy: 'G1', runs: 1 };
    await writeFile(mutants, JSON.stringify({ mutants: [row, { ...row, scenario: 'zombie' }] }));
    page = await madePage('small', { records: 400, batches: 60, verdict: 'FAIL' }, mutants);
  });

  test('is one document in a fixed frame', () => {
    const frame = page
      .replace(/<style>[\s\S]*?<\/style>/, '<style></style>')
      .replace(/(<script[^>]*>)[\s\S]*?<\/script>/g, '$1</script>');
    expect(frame).toMatchInlineSnapshot(`
      "<!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'">
      <title>ProvenOnce lab report</title>
      <style></style>
      </head>
      <body>
      <a class="skip" href="#content">Skip to the content</a>
      <div id="page"><noscript>This page draws itself: it needs JavaScript, and nothing from a network.</noscript></div>
      <script type="text/plain" id="index"></script>
      <script type="text/plain" id="run-made-up-1"></script>
      <script></script>
      <script type="module"></script>
      </body>
      </html>
      "
    `);
  });

  test('names no place outside itself, and forbids the browser to ask for one', () => {
    const outside = page.match(/(?:https?:|wss?:)?\/\/[a-z0-9-]+\.[a-z]{2,}[^\s"']*/gi) ?? [];
    expect(outside).toEqual([]);
    expect(page).not.toMatch(
      /<(?:link|img|iframe|object|embed|base)\b|\bsrc=|@import|url\((?!#)|\bfetch\(|\bimport\(|XMLHttpRequest|WebSocket/,
    );
    expect(page).toContain("default-src 'none'");
  });

  test('holds scripts that parse, and no element that a text could have opened', () => {
    const scripts = [...page.matchAll(/<script(?: type="module")?>([\s\S]*?)<\/script>/g)].map(([, code]) => code!);
    expect(scripts).toHaveLength(2);
    for (const code of scripts) expect(() => new vm.Script(code)).not.toThrow();
    expect(page.match(/<script/g)).toHaveLength(2 + 2);
    expect(page).not.toContain('alert(1)');
  });

  test('has every run in its index, those that left nothing too', () => {
    const { runs, mutants, suite } = packedIn<PageIndex>(page, 'index');
    expect(runs.map(({ id, verdict }) => [id, verdict])).toEqual([
      ['made-up-1', 'FAIL'],
      ['broke-off-1', 'UNKNOWN'],
    ]);
    expect(runs[0]!.guarantees.G1).toEqual({ state: 'broken', count: 3, atStake: true });
    expect(runs[0]!.guarantees.G4).toEqual({ state: 'held', count: 0, atStake: false });
    expect(runs[1]!.guarantees.G1.state).toBe('unchecked');
    expect(runs[1]!.unreadable).toContain('run.json');
    const row = {
      name: 'no-finalize',
      guarantee: 'G1',
      anomaly: '',
      killed: true,
      killedBy: 'G1',
      runs: 1,
      alsoBroke: [],
    };
    expect(mutants?.rows).toEqual([
      { ...row, scenario: null },
      { ...row, scenario: 'zombie' },
    ]);
    expect(suite.command).toBe('npm run lab -- run all --seed 7');
  });

  test('counts what the run itself found against a guarantee, beside verify', () => {
    const [run] = packedIn<PageIndex>(page, 'index').runs;
    expect(run!.guarantees.G2).toEqual({ state: 'broken', count: 1, atStake: true });
  });

  test('tells times of a run from its start', () => {
    const { facts, lanes, records } = packedIn<RunPayload>(page, 'run-made-up-1');
    expect(facts.durationMs).toBe(60_000);
    expect(facts.faults[0]).toMatchObject({ firedAtMs: 27_900, healedAtMs: 29_400 });
    expect(facts.lives.map(({ processor, toMs, ending, endedBadly }) => [processor, toMs, ending, endedBadly])).toEqual(
      [
        ['alpha', 28_000, 'ended by SIGKILL', true],
        ['beta', 58_000, 'stopped as asked', false],
      ],
    );
    expect(lanes.map(({ processor, partition }) => `${processor} ${partition}`)).toEqual([
      'alpha null',
      'alpha 0',
      'alpha 1',
      'beta null',
      'beta 0',
      'beta 1',
    ]);
    expect(records.count).toBe(400);
  });
});

test('a run of 100,000 records and 100,000 events makes a page under 5 MB', async () => {
  const page = await madePage('large', { records: 100_000, batches: 17_000 });
  const { events, records } = packedIn<RunPayload>(page, 'run-made-up-1');
  expect(events.count).toBeGreaterThan(99_000);
  expect(records.count).toBe(100_000);
  expect(Buffer.byteLength(page)).toBeLessThan(PAGE_BYTES_MAX);
}, 60_000);

test('the folder of one run makes a page as well', async () => {
  const suite = await writeMadeSuite(path.join(folder, 'single'), { records: 20, batches: 4 });
  const made = await makeReport({ folder: path.join(suite, 'made-up'), out: path.join(folder, 'single.html') });
  expect(made).toMatchObject({ runs: 1, unreadable: [] });
});

test('a file cut off in the middle of a line is read up to there', async () => {
  const suite = await writeMadeSuite(path.join(folder, 'cut'), { records: 20, batches: 4 });
  const file = path.join(suite, 'made-up', 'events.jsonl');
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.slice(0, -20));
  const out = path.join(suite, 'report.html');
  await makeReport({ folder: suite, out });
  const { events } = packedIn<RunPayload>(await readFile(out, 'utf8'), 'run-made-up-1');
  expect(events.count).toBe(text.trimEnd().split('\n').length - 1);
});

test('a folder of something else, and a file of something else for the mutants, are refused', async () => {
  const out = path.join(folder, 'never.html');
  await expect(makeReport({ folder: path.join(folder, 'nowhere'), out })).rejects.toBeInstanceOf(ConfigurationError);
  const mutantsFile = path.join(folder, 'other.json');
  await writeFile(mutantsFile, '{"runs": 3}');
  await expect(makeReport({ folder, out, mutantsFiles: [mutantsFile] })).rejects.toThrow('lab mutants --json');
});
