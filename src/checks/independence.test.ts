import { globSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, test } from 'vitest';

/** Rooms and files that judge the fold's rows, or read the log that they are judged by. */
const JUDGES = ['oracle/**/*.ts', 'guarantees/*.ts', 'topic/**/*.ts', 'partition/*.ts', 'verify.ts', 'findings.ts'];
const LIBRARIES = /^(node:|@platformatic\/kafka$|xxhash-wasm$|protobufjs$)/;

test('what judges the fold imports nothing of it, nor of the processor, nor of what reads the topic for it', () => {
  const here = import.meta.dirname;
  const files = JUDGES.flatMap((pattern) => globSync(pattern, { cwd: here })).filter(
    (file) => !file.endsWith('.test.ts') && !file.includes('testing/'),
  );
  expect(files.length).toBeGreaterThan(60);
  for (const file of files) {
    const imports = [...readFileSync(join(here, file), 'utf8').matchAll(/from '([^']+)'/g)].map(([, from]) => from!);
    const foreign = imports
      .filter((from) => !LIBRARIES.test(from))
      .filter((from) => {
        const target = relative(here, join(here, file, '..', from));
        return target.startsWith('..') && !target.startsWith('../base/');
      });
    expect({ file, foreign }).toEqual({ file, foreign: [] });
  }
});
