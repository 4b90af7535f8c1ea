/**
 * Makes a process run a mutant: a synchronous loader hook that gives patched source for some files as Node loads them. Only
 * files with a patch are parsed.
 * Invariant: a patch whose place is not found exactly once throws before anything is loaded, and `unapplied` names the files
 * that were never loaded; so a mutant that the code has moved away from is an error, never a survivor.
 */
import { registerHooks } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Mutant, Patch } from './mutant.ts';
import { applyPatches, MisplacedPatchError } from './place/apply-patches.ts';

const ROOT = path.join(import.meta.dirname, '..', '..', '..');

/** What does not fit the sources as they are now, one line per mutant; empty where all is well. */
export function misfits(mutants: readonly Mutant[]): string[] {
  return mutants.flatMap(({ name, patches }) => {
    try {
      applyPatches(patches, name, ROOT);
      return [];
    } catch (error) {
      if (!(error instanceof MisplacedPatchError)) throw error;
      return [error.message];
    }
  });
}

/** The patches of a mutant that concern one world. */
export function patchesIn(mutant: Mutant, world: 'sim' | 'real'): readonly Patch[] {
  return mutant.patches.filter((patch) => patch.world === undefined || patch.world === world);
}

/**
 * From now on, files are loaded with the mutant's patches; those loaded already stay as they are. Returns a function that
 * lists the patched files which were not loaded yet.
 */
export function installMutant(mutant: Mutant, world: 'sim' | 'real'): () => readonly string[] {
  const patched = new Map(
    [...applyPatches(patchesIn(mutant, world), mutant.name, ROOT)].map(([file, source]) => [
      pathToFileURL(path.join(ROOT, file)).href,
      { file, source },
    ]),
  );
  const waiting = new Set(patched.keys());
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      const source = patched.get(url)?.source;
      if (source === undefined) return loaded;
      waiting.delete(url);
      return { ...loaded, source };
    },
  });
  return () => [...waiting].map((url) => patched.get(url)!.file);
}
