import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { ENTRY, LAUNCH_ENV, NODE_FLAGS } from './launch.ts';

const ROOT = path.join(import.meta.dirname, '..', '..');
const read = (file: string) => readFileSync(path.join(ROOT, file), 'utf8');

test('the image starts node with the flags and the environment of a processor', () => {
  const dockerfile = read('Dockerfile');
  const command = ['node', ...NODE_FLAGS, `/app/${ENTRY}`];
  expect(dockerfile).toContain(`ENTRYPOINT [${command.map((part) => JSON.stringify(part)).join(', ')}]`);
  for (const [name, value] of Object.entries(LAUNCH_ENV)) expect(dockerfile).toContain(`${name}=${value}`);
});

test('npm run provenonce starts node with the same flags', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  expect(scripts.provenonce).toBe(['node', ...NODE_FLAGS, ENTRY].join(' '));
});
