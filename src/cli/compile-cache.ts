/**
 * Keeps compiled code (and stripped types) between starts: half the time of a start of `process` is compiling its
 * packages. The cache is in node_modules, which is as trusted as the code itself. If that is read-only, nothing is
 * kept; the images contain a cache (deploy/image/compile.ts). NODE_COMPILE_CACHE and NODE_DISABLE_COMPILE_CACHE have
 * their usual effect.
 */
import { enableCompileCache, flushCompileCache } from 'node:module';
import path from 'node:path';

const DIRECTORY = path.join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'provenonce', 'compiled');
/** By then everything is loaded, so even a process that is killed leaves its successor a warm start. */
const WRITE_AFTER_MS = 5_000;

export function keepCompiledCode(): void {
  enableCompileCache(process.env.NODE_COMPILE_CACHE ?? DIRECTORY);
  setTimeout(flushCompileCache, WRITE_AFTER_MS).unref();
}
