/** Runs unpacked-memory.fixture.ts: what six partitions' answers may cost in memory. docs/deploy.md gives the figure. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect } from 'vitest';

const FIXTURE = path.join(import.meta.dirname, 'unpacked-memory.fixture.ts');
/** Readers hold 64 MiB; one chunk each is in the making and one in use, 8 MiB at most; the rest is garbage not collected yet. */
const MOST_MIB = 350;

const run = promisify(execFile);

/** Holds that six answers of a kind are read whole and in bounded memory, also while half of the readers do not read. */
export async function expectBoundedMemory(kind: string): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'provenonce-unpacked-'));
  try {
    const file = path.join(folder, kind);
    await run(process.execPath, [FIXTURE, 'make', kind, file]);
    for (const how of ['', 'held']) {
      const { stdout } = await run(process.execPath, [FIXTURE, 'read', file, how]);
      const { grewMib, records, expected } = JSON.parse(stdout) as Record<string, number>;
      expect(records).toBe(expected);
      expect(grewMib).toBeLessThan(MOST_MIB);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}
