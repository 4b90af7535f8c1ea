import { expect, test } from 'vitest';
import { ConfigurationError } from './errors.ts';
import { ownCodePath, ownCodeUrl, requireSources } from './own-code.ts';

test('a file is found beside its caller, by the name that it has here', () => {
  expect(ownCodeUrl('./child.ts', 'file:///app/src/base/parent.ts').href).toBe('file:///app/src/base/child.ts');
  expect(ownCodePath('../cli/main.ts', 'file:///app/src/base/parent.ts')).toBe('/app/src/cli/main.ts');
});

test('what changes the source text runs in a checkout, and is refused in the package', () => {
  expect(() => requireSources('lab mutate')).not.toThrow();
  expect(() => requireSources('lab mutate', '.js')).toThrow(ConfigurationError);
  expect(() => requireSources('lab mutate', '.js')).toThrow('lab mutate changes the source text');
});
