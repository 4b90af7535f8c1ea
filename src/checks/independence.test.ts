import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

test('what judges the fold imports nothing of it, nor of the processor, nor of what reads the topic for it', () => {
  const here = import.meta.dirname;
  const files = [
    'oracle/*.ts',
    'guarantees/*.ts',
    'topic/*.ts',
    'readable-log.ts',
    'walk.ts',
    'compare-rows.ts',
    'findings.ts',
    'inputs.ts',
    'verify.ts',
    'generations.ts',
    'partition-check.ts',
    'partition-list.ts',
    'row-census.ts',
    'starting-point.ts',
  ]
    .flatMap((pattern) => globSync(pattern, { cwd: here }))
    .filter((file) => !file.endsWith('.test.ts'));
  expect(files.length).toBeGreaterThan(30);
  for (const file of files) {
    const imports = [...readFileSync(`${here}/${file}`, 'utf8').matchAll(/from '([^']+)'/g)].map(([, from]) => from);
    expect({
      file,
      foreign: imports.filter(
        (from) => !/^(node:|@platformatic\/kafka$|xxhash-wasm$|\.\/|\.\.\/[a-z-]+(\/[a-z-]+)?\.ts$)/.test(from!),
      ),
    }).toEqual({
      file,
      foreign: [],
    });
    expect({ file, fold: imports.filter((from) => /payments|processor|\/kafka\/|kafkajs/.test(from!)) }).toEqual({
      file,
      fold: [],
    });
  }
});
