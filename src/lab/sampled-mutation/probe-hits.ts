/**
 * A setup file of vitest while the baseline is measured: writes down which probes each test hits, one file for each test
 * file. Hits between two bounds of tests belong to all tests that are running; where none is, to the file itself (what
 * it does while it loads, and before all).
 *
 * The environment names the folder and the number of probes: a worker is started anew for each file.
 */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeEach, expect } from 'vitest';
import { HITS } from './probes.ts';

export interface FileHits {
  readonly file: string;
  /** While no test was running. */
  readonly outside: readonly number[];
  /** By the id that vitest gives a test. */
  readonly tests: Readonly<Record<string, readonly number[]>>;
}

const folder = process.env.PROVENONCE_PROBE_FOLDER;
const count = Number(process.env.PROVENONCE_PROBE_COUNT);
if (folder === undefined) throw new Error('PROVENONCE_PROBE_FOLDER must name a folder');

const hits = new Uint8Array(count);
(globalThis as Record<string, unknown>)[HITS] = hits;
const outside = new Set<number>();
const tests = new Map<string, Set<number>>();
const underWay = new Set<string>();

function settle(): void {
  const owners = underWay.size === 0 ? [outside] : [...underWay].map((id) => tests.get(id)!);
  for (let place = hits.indexOf(1); place >= 0; place = hits.indexOf(1, place + 1)) {
    for (const owner of owners) owner.add(place);
  }
  hits.fill(0);
}

beforeEach(({ task }) => {
  settle();
  tests.set(task.id, new Set());
  underWay.add(task.id);
});

afterEach(({ task }) => {
  settle();
  underWay.delete(task.id);
});

afterAll(() => {
  settle();
  const file = expect.getState().testPath ?? '';
  const told: FileHits = {
    file,
    outside: [...outside],
    tests: Object.fromEntries([...tests].map(([id, places]) => [id, [...places]])),
  };
  const name = createHash('sha256').update(file).digest('hex').slice(0, 20);
  writeFileSync(path.join(folder, `${name}.json`), JSON.stringify(told));
});
