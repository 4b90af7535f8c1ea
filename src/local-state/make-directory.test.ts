import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { makeDirectory } from './make-directory.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'make-directory-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('makes what is missing, parents too, for the user alone; what is there stays', () => {
  const below = path.join(folder, 'a', 'b');
  makeDirectory(below, 0o700);
  expect(statSync(path.dirname(below)).mode & 0o777).toBe(0o700);
  makeDirectory(below, 0o700);
  expect(existsSync(below)).toBe(true);
});

it('takes a directory that came to be while its parent was made', () => {
  // The folder itself under another path: it exists as soon as its parent does.
  makeDirectory(`${folder}/c/.`, 0o700);
  expect(existsSync(path.join(folder, 'c'))).toBe(true);
});

it('says what the file system says where a file is in the way', () => {
  writeFileSync(path.join(folder, 'file'), '');
  expect(() => makeDirectory(path.join(folder, 'file', 'below', 'it'), 0o700)).toThrow(/ENOTDIR/);
});
