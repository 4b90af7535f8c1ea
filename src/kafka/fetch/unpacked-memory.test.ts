/** Memory for six partitions' answers, for any compression ratio: docs/deploy.md gives the figure. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

const FIXTURE = path.join(import.meta.dirname, '..', 'testing', 'unpacked-memory.fixture.ts');
/**
 * Readers hold 64 MiB; each has one chunk in the making and one in use, 8 MiB at most; the rest is garbage not
 * collected yet.
 */
const MOST_MIB = 350;

const run = promisify(execFile);
let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'provenonce-unpacked-'));
});
afterAll(() => rm(folder, { recursive: true }));

test.for(['one value', 'many batches', 'many records'])(
  'six answers that unpack to much (%s) are read whole, in bounded memory, even if half of the readers do not read',
  { timeout: 300_000 },
  async (kind) => {
    const file = path.join(folder, kind);
    await run(process.execPath, [FIXTURE, 'make', kind, file]);
    for (const how of ['', 'held']) {
      const { stdout } = await run(process.execPath, [FIXTURE, 'read', file, how]);
      const { grewMib, records, expected } = JSON.parse(stdout) as Record<string, number>;
      expect(records).toBe(expected);
      expect(grewMib).toBeLessThan(MOST_MIB);
    }
  },
);
