/**
 * Where a file of our own code is, named as it is in the source: the package holds JavaScript in its place (deploy/package).
 * For what is started or loaded by its path: imports are rewritten by the compiler.
 */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConfigurationError } from './errors.ts';

/** `.ts` in a checkout, `.js` in the package. */
export const CODE_EXTENSION = path.extname(import.meta.filename);

/** `file`: ends with `.ts`, relative to the caller's `import.meta.url`. */
export function ownCodeUrl(file: string, base: string): URL {
  return new URL(file.replace(/\.ts$/, CODE_EXTENSION), base);
}

/** As ownCodeUrl, as a path. */
export function ownCodePath(file: string, base: string): string {
  return fileURLToPath(ownCodeUrl(file, base));
}

/** Throws ConfigurationError in the package, which has no source text. */
export function requireSources(what: string, extension = CODE_EXTENSION): void {
  if (extension === '.ts') return;
  throw new ConfigurationError([
    `${what} changes the source text: run it in a checkout of the repository, after npm ci`,
  ]);
}
