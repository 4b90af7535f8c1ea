/**
 * Keeps compiled code (and stripped types) between starts: half of what a start of `process` costs is compiling its packages.
 * In node_modules, which is as trusted as the code itself. Where nothing can be written there, nothing is kept; the images bring
 * theirs along (deploy/image/compile.ts). NODE_COMPILE_CACHE and NODE_DISABLE_COMPILE_CACHE have their usual effect.
 */
import { enableCompileCache, flushCompileCache } from 'node:module';
import path from 'node:path';

const DIRECTORY = path.join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'provenonce', 'compiled');
/** By then everything is loaded; a process that is killed later leaves its successor a warm start. */
const WRITE_AFTER_MS = 5_000;

export function keepCompiledCode(): void {
  enableCompileCache(process.env.NODE_COMPILE_CACHE ?? DIRECTORY);
  setTimeout(flushCompileCache, WRITE_AFTER_MS).unref();
}
