import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { libcClockEnv, setLibcClock } from '../../../../chaos/libc-clock.ts';
import { obtainLibfaketime } from './libfaketime.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'provenonce-clock-'));
});

afterEach(async () => rm(folder, { recursive: true }));

test('the library that is named is taken, and one that is not there is no library', async () => {
  const library = path.join(folder, 'libfaketimeMT.so.1');
  await expect(obtainLibfaketime({ PROVENONCE_LIBFAKETIME: library })).rejects.toThrow('ENOENT');
  await writeFile(library, '');
  expect(await obtainLibfaketime({ PROVENONCE_LIBFAKETIME: library })).toBe(library);
});

test('a clock is right until it is set, in seconds as libfaketime reads them', async () => {
  const file = path.join(folder, 'ahead');
  const env = await libcClockEnv({ library: 'x.so', file, moves: 'wall' });
  expect(env).toMatchObject({ LD_PRELOAD: 'x.so', FAKETIME_TIMESTAMP_FILE: file, DONT_FAKE_MONOTONIC: '1' });
  const said = [await readFile(file, 'utf8')];
  for (const aheadMs of [90_500, -3_600_000]) {
    await setLibcClock(file, aheadMs);
    said.push(await readFile(file, 'utf8'));
  }
  expect(said).toEqual(['+0\n', '+90.5\n', '-3600\n']);
});
