import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { ENTRY } from '../runtime/launch.ts';

const ROOT = path.join(import.meta.dirname, '..', '..');

function run(entry: string, folder: string): string {
  const env = { ...process.env, NODE_COMPILE_CACHE: folder };
  return execFileSync(process.execPath, [path.join(ROOT, entry), 'process', '--help'], { encoding: 'utf8', env });
}

test("the operator's entry says what main.ts says, and keeps compiled code", () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'provenonce-entry-'));
  try {
    expect(run(ENTRY, folder)).toBe(run('src/cli/main.ts', folder));
    expect(readdirSync(folder).length).toBeGreaterThan(0);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('it keeps it where main.ts does', () => {
  const constant = "'node_modules', '.cache', 'provenonce', 'compiled'";
  const read = (file: string) => readFileSync(path.join(ROOT, file), 'utf8');
  expect(read('src/cli/compile-cache.ts')).toContain(constant);
  expect(read(ENTRY)).toContain(constant.replaceAll("', '", '/').replaceAll("'", ''));
});
