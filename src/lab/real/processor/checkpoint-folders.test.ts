import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CheckpointFolders } from './checkpoint-folders.ts';

let folder: string;
let running: Set<string>;
let notes: string[];
let folders: CheckpointFolders;

/** The journal of partition 0 of alpha says `alpha`, of beta `beta`. */
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'provenonce-folders-'));
  running = new Set();
  notes = [];
  folders = new CheckpointFolders(
    folder,
    (name) => running.has(name),
    (fault, _text, name) => notes.push(`${fault} ${name}`),
  );
  for (const name of ['alpha', 'beta']) {
    await mkdir(path.join(folders.of(name), 'partition-0'), { recursive: true });
    await writeFile(journalOf(name), name);
  }
});
afterEach(() => rm(folder, { recursive: true }));

const journalOf = (name: string): string => path.join(folders.of(name), 'partition-0', 'state.journal');
const stateOf = (name: string): Promise<string> => readFile(journalOf(name), 'utf8');

test('two processors get each other’s directory, and what changed hands is counted and noted', async () => {
  expect(await folders.swap('alpha', 'beta')).toBe(2);
  expect([await stateOf('alpha'), await stateOf('beta')]).toEqual(['beta', 'alpha']);
  expect(notes).toEqual(['folders_swapped alpha']);
});

test('a copy takes the place of what was there', async () => {
  await writeFile(path.join(folders.of('beta'), 'own.journal'), 'gone');
  expect(await folders.copy('alpha', 'beta')).toBe(1);
  expect([await stateOf('alpha'), await stateOf('beta')]).toEqual(['alpha', 'alpha']);
  expect(notes).toEqual(['folder_copied beta']);
});

test('nothing is done to a directory that a processor uses', async () => {
  running.add('beta');
  await expect(folders.swap('alpha', 'beta')).rejects.toThrow('processor beta is running');
  await expect(folders.copy('alpha', 'beta')).rejects.toThrow('processor beta is running');
  await expect(folders.lose('beta')).rejects.toThrow('processor beta is running');
  expect([await stateOf('alpha'), await stateOf('beta'), notes]).toEqual(['alpha', 'beta', []]);
});
