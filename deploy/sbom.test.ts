import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { billOfMaterials, type LockedPackages } from './sbom.ts';

const json = (file: string) => JSON.parse(readFileSync(new URL(`../${file}`, import.meta.url), 'utf8'));
const { packages } = json('package-lock.json') as { packages: LockedPackages };
const bill = billOfMaterials(packages);

test('names every production dependency of the project, and no development tool', () => {
  const { dependencies, devDependencies } = json('package.json') as Record<string, Record<string, string>>;
  const named = new Set(bill.components.map(({ name, version }) => `${name}@${version}`));
  const missing = Object.entries(dependencies!).filter(([name, version]) => !named.has(`${name}@${version}`));
  expect(missing).toEqual([]);
  for (const tool of ['vitest', 'testcontainers', '@biomejs/biome']) {
    expect(devDependencies).toHaveProperty(tool);
    expect(bill.components.filter(({ name }) => name === tool)).toEqual([]);
  }
});

test('is closed: everything that a component needs is a component', () => {
  const refs = new Set(bill.components.map((one) => one['bom-ref']));
  const dangling = bill.dependencies.flatMap(({ ref, dependsOn }) =>
    dependsOn.filter((to) => !refs.has(to)).map((to) => `${ref} -> ${to}`),
  );
  expect(dangling).toEqual([]);
  expect(bill.dependencies.find(({ ref }) => ref === 'provenonce')!.dependsOn).toContain('node_modules/@grpc/grpc-js');
});

test('gives each component a package URL and the hash that npm checks', () => {
  expect(bill.components.find(({ name }) => name === '@grpc/grpc-js')).toMatchObject({
    purl: expect.stringMatching(/^pkg:npm\/%40grpc\/grpc-js@\d/),
    hashes: [{ alg: 'SHA-512', content: expect.stringMatching(/^[0-9a-f]{128}$/) }],
    licenses: [{ expression: 'Apache-2.0' }],
  });
});

test('finds what a package needs within it first, then outwards, and refuses a lock file with a hole', () => {
  const locked: LockedPackages = {
    '': { version: '1', dependencies: { a: '1', b: '1' } },
    'node_modules/a': { version: '1', dependencies: { b: '2' }, optionalDependencies: { c: '1' } },
    'node_modules/a/node_modules/b': { version: '2', dependencies: { a: '1' } },
    'node_modules/b': { version: '1' },
  };
  const needs = Object.fromEntries(billOfMaterials(locked).dependencies.map(({ ref, dependsOn }) => [ref, dependsOn]));
  expect(needs).toEqual({
    provenonce: ['node_modules/a', 'node_modules/b'],
    'node_modules/a': ['node_modules/a/node_modules/b'],
    'node_modules/a/node_modules/b': ['node_modules/a'],
    'node_modules/b': [],
  });
  expect(() => billOfMaterials({ '': { version: '1', dependencies: { gone: '1' } } })).toThrow('no gone');
});
