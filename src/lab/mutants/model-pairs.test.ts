import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { WEAKENED } from '../model/variants.ts';
import { requireMutant } from './catalogue.ts';
import { MUTANTS_OF_VARIANT } from './model-pairs.ts';
import { variantsMarkdown } from './mutants-text.ts';

test.each(WEAKENED)('$variant of the model has a mutant of the code exactly where the model catches it', (weakened) => {
  const mutants = MUTANTS_OF_VARIANT[weakened.variant];
  expect('none' in mutants).toBe(weakened.caughtBy === undefined);
  if ('none' in mutants) expect(mutants.none).toMatch(/^harmless: /);
  else expect(mutants.map((name) => requireMutant(name).name)).toEqual(mutants);
});

test('docs/mutants.md has the table of variants and mutants', () => {
  const page = readFileSync(new URL('../../../docs/mutants.md', import.meta.url), 'utf8');
  expect(page).toContain(variantsMarkdown());
});
