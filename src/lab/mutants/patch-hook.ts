/**
 * Makes a process run a mutant: a synchronous loader hook that replaces fragments of source files as Node loads them.
 * Invariant: a patch whose fragment is not found exactly once throws at load, and `unapplied` names those whose file was
 * never loaded; so a mutant that the code has moved away from is an error, never a survivor.
 */
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Mutant, Patch } from './mutant.ts';

const ROOT = path.join(import.meta.dirname, '..', '..', '..');

/** The source with one patch applied. Throws where its fragment is missing, or there more than once. */
export function applyPatch(source: string, { file, find, replace }: Patch, mutant: string): string {
  const [before, ...rest] = source.split(find);
  if (rest.length !== 1) {
    throw new Error(`mutant ${mutant}: ${file} has its fragment ${rest.length} times, it must be once: ${find}`);
  }
  return `${before}${replace}${rest[0]}`;
}

/** What does not fit the sources as they are now, one line per mutant; empty where all is well. */
export function misfits(mutants: readonly Mutant[]): string[] {
  return mutants.flatMap(({ name, patches }) => {
    const sources = new Map<string, string>();
    try {
      for (const patch of patches) {
        const source = sources.get(patch.file) ?? readFileSync(path.join(ROOT, patch.file), 'utf8');
        sources.set(patch.file, applyPatch(source, patch, name));
      }
      return [];
    } catch (error) {
      return [(error as Error).message];
    }
  });
}

/** The patches of a mutant that concern one world. */
export function patchesIn(mutant: Mutant, world: 'sim' | 'real'): readonly Patch[] {
  return mutant.patches.filter((patch) => patch.world === undefined || patch.world === world);
}

/**
 * From now on, files are loaded with the mutant's patches; those loaded already stay as they are. Returns a function that
 * lists the patches which no load has applied yet.
 */
export function installMutant(mutant: Mutant, world: 'sim' | 'real'): () => readonly Patch[] {
  const byUrl = Map.groupBy(patchesIn(mutant, world), ({ file }) => pathToFileURL(path.join(ROOT, file)).href);
  const waiting = new Set(byUrl.keys());
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      const patches = byUrl.get(url);
      if (patches === undefined) return loaded;
      let source = Buffer.from(loaded.source as Uint8Array).toString('utf8');
      for (const patch of patches) source = applyPatch(source, patch, mutant.name);
      waiting.delete(url);
      return { ...loaded, source };
    },
  });
  return () => [...waiting].flatMap((url) => byUrl.get(url) ?? []);
}
