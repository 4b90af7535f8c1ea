import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { checkDelta } from './check-delta.ts';
import { DELTA_VARIANTS } from './config.ts';
import { deltaNameOf } from './run-delta-model.ts';
import { WEAKENED_DELTA } from './variants.ts';

const caught = WEAKENED_DELTA.flatMap(({ variant, rule, caughtBy }) =>
  caughtBy ? [{ variant, rule, ...caughtBy }] : [],
);
const harmless = WEAKENED_DELTA.flatMap(({ rule, harmlessIn }) =>
  harmlessIn.map((config) => ({ name: deltaNameOf(config), rule, config })),
);
/** Caught after more states than a test run has time for: `lab model --sink delta variants` checks them all. */
const SLOW: readonly string[] = ['readfirst', 'nocas', 'noepoch', 'forget', 'voidput'];

test('every variant that the steps know is in the table, once', () => {
  expect(WEAKENED_DELTA.map(({ variant }) => variant).sort()).toEqual([...DELTA_VARIANTS].sort());
});

test('docs/protocol.md has this table', () => {
  const page = readFileSync(new URL('../../../../docs/protocol.md', import.meta.url), 'utf8');
  const rows = caught.map(({ variant, rule, config, kind }) => {
    const smallest = deltaNameOf({ ...config, variants: [] });
    return `| \`${variant}\` | ${rule} | \`${smallest}\` | \`${kind}\` |`;
  });
  expect(page).toContain(rows.join('\n'));
});

describe('model of Delta Lake: a rule left out is caught', () => {
  test.each(caught.filter(({ variant }) => !SLOW.includes(variant)))(
    '$variant as $kind: $rule',
    ({ config, kind, steps }) => {
      const { violation } = checkDelta(config);
      expect(violation?.kind).toBe(kind);
      expect(violation!.trace.length - 1).toBe(steps);
    },
  );
});

describe('model of Delta Lake: a rule that is not needed there can be left out', () => {
  test.each(harmless.filter(({ config }) => config.shapes.length === 1 && config.claims === 1))(
    '$name: $rule',
    ({ config }) => {
      expect(checkDelta(config).verdict).toBe('holds');
    },
  );
});
