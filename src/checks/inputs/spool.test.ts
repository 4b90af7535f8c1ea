import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Spool } from './spool.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'provenonce-spool-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('cells come out by partition and bucket, however they went in', () => {
  const spool = new Spool(folder);
  const order = Array.from({ length: 300 }, (_, index) => (index * 101) % 300);
  for (const bucket of order) spool.add('a', bucket % 3, bucket, 1, `text ${bucket}`);
  spool.add('b', 0, 0, 1, 'of another table');
  spool.sort();
  for (const partition of [0, 1, 2]) {
    const cells = [...spool.cells('a', partition)];
    expect(cells.map(({ bucket }) => bucket)).toEqual(
      order.filter((each) => each % 3 === partition).sort((a, b) => a - b),
    );
    expect(cells.every(({ bucket, text }) => text === `text ${bucket}`)).toBe(true);
  }
  spool.close();
});

test('what has no place, or one that nobody knows, is found apart', () => {
  const spool = new Spool(folder);
  spool.add('a', 0, 1, 5, 'known');
  spool.add('a', 0, null, 2, 'no offset');
  spool.add('a', null, 1, 3, 'no partition');
  spool.add('a', 7, 1, 4, 'unknown');
  spool.sort();
  const found = [...spool.foreign('a', new Set([0]))].map(({ partition, cell }) => [partition, cell.rows, cell.text]);
  expect(found).toEqual([
    [null, 3, 'no partition'],
    [0, 2, 'no offset'],
    [7, 4, 'unknown'],
  ]);
  expect([...spool.cells('a', 0)].map(({ text }) => text)).toEqual(['known']);
  spool.close();
});

test('a sender has the home where it was first seen, by number of partitions', () => {
  const spool = new Spool(folder);
  for (const [partitions, sender, partition, home] of [
    [2, 'a', 0, 0],
    [2, 'a', 0, 0],
    [2, 'b', 0, 0],
    [2, 'a', 1, 0],
    [2, 'b', 1, 0],
    [2, 'c', 1, 1],
    [4, 'a', 3, 3],
    [2, 'c', 0, 1],
  ] as const)
    expect(spool.homeOf(partitions, sender, partition)).toBe(home);
  spool.close();
});

test('nothing is left in the folder, not even while it is open', () => {
  const spool = new Spool(folder);
  spool.add('a', 0, 0, 1, 'x'.repeat(100_000));
  spool.sort();
  expect(readdirSync(folder)).toEqual([]);
  expect([...spool.cells('a', 0)]).toHaveLength(1);
  spool.close();
  expect(readdirSync(folder)).toEqual([]);
});
