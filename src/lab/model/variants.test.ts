import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { checkProtocol } from './check-protocol.ts';
import { VARIANTS } from './config.ts';
import { nameOf } from './run-model.ts';
import { WEAKENED, type WeakenedVariant } from './variants.ts';

const caught = WEAKENED.flatMap(({ variant, rule, caughtBy }) => (caughtBy ? [{ variant, rule, ...caughtBy }] : []));
const harmless = WEAKENED.flatMap(({ rule, harmlessIn }) =>
  (harmlessIn ?? []).map((config) => ({ name: nameOf(config), rule, config })),
);

test('every variant that the steps know is in the table, once', () => {
  expect(WEAKENED.map(({ variant }: WeakenedVariant) => variant).sort()).toEqual([...VARIANTS].sort());
});

test('docs/protocol.md has this table', () => {
  const page = readFileSync(new URL('../../../docs/protocol.md', import.meta.url), 'utf8');
  const rows = caught.map(({ variant, rule, config, kind }) => {
    const smallest = nameOf({ ...config, variants: [] });
    return `| \`${variant}\` | ${rule} | \`${smallest}\` | \`${kind}\` |`;
  });
  expect(page).toContain(rows.join('\n'));
});

describe('protocol model: a rule left out is caught', () => {
  test.each(caught)('$variant as $kind: $rule', ({ config, kind }) => {
    expect(checkProtocol(config).violation?.kind).toBe(kind);
    expect(checkProtocol({ ...config, variants: [] }).verdict).toBe('holds');
  });
});

describe('protocol model: a rule that only saves time can be left out', () => {
  test.each(harmless)('$name: $rule', ({ config }) => {
    expect(checkProtocol(config).verdict).toBe('holds');
  });
});
