/** The package holds JavaScript: code that starts or loads its own files by path asks own-code.ts, or needs a checkout. */
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

const ROOT = path.join(import.meta.dirname, '..', '..');
/** A path to a file of TypeScript that is made from where the code is. */
const BY_PATH = /new URL\([^)\n]*\.ts['`]|import\.meta\.dirname[^;\n]*\.ts['`]/;
/** Mutants change the source text, which the package does not hold (requireSources). */
const IN_A_CHECKOUT = ['src/lab/mutants/', 'src/lab/sampled-mutation/', 'src/lab/real/processor/processor-env.ts'];

test('files of our own code are named by way of own-code.ts', () => {
  const files = globSync('{src,chaos,scenarios}/**/*.ts', { cwd: ROOT }).filter(
    (file) => !/\.test\.ts$|\.fixture\.ts$|(^|\/)testing\//.test(file),
  );
  const found = files.filter((file) => BY_PATH.test(readFileSync(path.join(ROOT, file), 'utf8')));
  expect(found.filter((file) => !IN_A_CHECKOUT.some((place) => file.startsWith(place)))).toEqual([]);
  // The pattern finds what it is for.
  expect(found).toContain('src/lab/real/processor/processor-env.ts');
  expect("new Worker(new URL('./explore-worker.ts', import.meta.url))").toMatch(BY_PATH);
});
