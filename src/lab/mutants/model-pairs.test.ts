import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { WEAKENED_DELTA } from '../model/delta/variants.ts';
import { WEAKENED } from '../model/variants.ts';
import { requireMutant } from './catalogue.ts';
import { MUTANTS_OF_DELTA_VARIANT, MUTANTS_OF_VARIANT } from './model-pairs.ts';
import { deltaVariantsMarkdown, variantsMarkdown } from './mutants-text.ts';

interface Pair {
  readonly variant: string;
  readonly isCaught: boolean;
  readonly mutants: readonly string[] | { readonly none: string };
}

const MODELS: readonly (readonly [string, readonly Pair[]])[] = [
  [
    'BigQuery',
    WEAKENED.map(({ variant, caughtBy }) => ({
      variant,
      isCaught: caughtBy !== undefined,
      mutants: MUTANTS_OF_VARIANT[variant],
    })),
  ],
  [
    'Delta Lake',
    WEAKENED_DELTA.map(({ variant, caughtBy }) => ({
      variant,
      isCaught: caughtBy !== undefined,
      mutants: MUTANTS_OF_DELTA_VARIANT[variant],
    })),
  ],
];

describe.each(MODELS)('the model of %s', (_, pairs) => {
  test.each([...pairs])('$variant has a mutant of the code where the model catches it', ({ isCaught, mutants }) => {
    // What the model does not catch, the code may need all the same.
    if (isCaught) expect(mutants).not.toHaveProperty('none');
    if ('none' in mutants) expect(mutants.none).toMatch(/^harmless: /);
    else expect(mutants.map((name) => requireMutant(name).name)).toEqual(mutants);
  });
});

test('a variant of BigQuery that the model does not catch has no mutant', () => {
  for (const { variant, caughtBy } of WEAKENED)
    expect('none' in MUTANTS_OF_VARIANT[variant]).toBe(caughtBy === undefined);
});

test('docs/mutants.md has the tables of variants and mutants', () => {
  const page = readFileSync(new URL('../../../docs/mutants.md', import.meta.url), 'utf8');
  expect(page).toContain(variantsMarkdown());
  expect(page).toContain(deltaVariantsMarkdown());
});
