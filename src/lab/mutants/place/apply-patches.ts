/**
 * Finds the places of patches by structure and gives the sources with all of them applied. A place is a named function (or
 * class, or variable) and a fragment of its syntax; so it survives formatting, comments, other statements beside it, and
 * a move to another line or file.
 *
 * Invariant: a fragment that does not stand exactly once in its place is an error, never a patch left out.
 */
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Patch } from '../mutant.ts';
import { type Match, matchesIn, nearestTo, type Pattern, patternsOf } from './pattern.ts';
import { bodyStart, type Scope, scopesNamed, scopesOf } from './scopes.ts';
import { parseSource, type SyntaxNode } from './syntax.ts';
import { unboundNames } from './unbound-names.ts';

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** A file of this checkout, read and parsed. */
interface Source {
  readonly file: string;
  readonly text: string;
  readonly program: SyntaxNode;
  readonly scopes: readonly Scope[];
}

/** Why a patch finds no place; the message names mutant, file, function and what is there instead. */
export class MisplacedPatchError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'MisplacedPatchError';
  }
}

/** The patched text of each file that has a place, by its path from `root`. Throws MisplacedPatchError. */
export function applyPatches(patches: readonly Patch[], mutant: string, root: string): ReadonlyMap<string, string> {
  const sources = new Map<string, Source | undefined>();
  const edits = new Map<Source, Edit[]>();
  for (const patch of patches) {
    const { source, edit } = placeOf(patch, mutant, root, sources);
    edits.set(source, [...(edits.get(source) ?? []), edit]);
  }
  return new Map([...edits].map(([source, ofFile]) => [source.file, edited(source, ofFile, mutant)]));
}

/** The text with the patches of one file applied. Throws MisplacedPatchError. */
export function applyToText(text: string, patches: readonly Patch[], mutant: string): string {
  const source = sourceOf(patches[0]!.file, text, mutant);
  return edited(
    source,
    patches.map((patch) => requireEdit(source, patch, mutant)),
    mutant,
  );
}

/** Throws MisplacedPatchError where the patch has no place in the text of its file. */
export function requirePlace(text: string, patch: Patch, mutant: string): void {
  requireEdit(sourceOf(patch.file, text, mutant), patch, mutant);
}

/** In the file that the patch names; where it is not there, in the one other file that has it: nearest ones first. */
function placeOf(
  patch: Patch,
  mutant: string,
  root: string,
  sources: Map<string, Source | undefined>,
): { readonly source: Source; readonly edit: Edit } {
  const look = (file: string): Source | undefined => {
    if (!sources.has(file)) sources.set(file, readSource(file, mutant, root));
    return sources.get(file);
  };
  const named = look(patch.file);
  const here = named && editIn(named, patch);
  if (named !== undefined && here !== undefined) return { source: named, edit: here };
  const folder = path.posix.dirname(patch.file);
  for (const files of patch.in === undefined ? [] : [`${folder}/*.ts`, 'src/**/*.ts']) {
    const found = globSync(files, { cwd: root })
      .map((file) => file.split(path.sep).join('/'))
      .filter((file) => file !== patch.file && !file.includes('.test.') && mayHold(file, patch, root))
      .flatMap((file) => {
        const source = look(file);
        const edit = source && editIn(source, patch);
        return source === undefined || edit === undefined ? [] : [{ source, edit }];
      });
    if (found.length === 1) return found[0]!;
    if (found.length > 1) {
      const where = found.map(({ source }) => source.file).join(', ');
      throw new MisplacedPatchError(`mutant ${mutant}: ${placeText(patch)} is in ${where}: name one of them`);
    }
  }
  throw new MisplacedPatchError(
    named === undefined
      ? `mutant ${mutant}: ${patch.file} is gone, and no other file has ${patch.in ?? 'it'}`
      : complaint(named, patch, mutant),
  );
}

function requireEdit(source: Source, patch: Patch, mutant: string): Edit {
  const edit = editIn(source, patch);
  if (edit === undefined) throw new MisplacedPatchError(complaint(source, patch, mutant));
  return edit;
}

/** Undefined unless the place is there exactly once. */
function editIn(source: Source, patch: Patch): Edit | undefined {
  const scopes = scopesFor(source, patch);
  if ('atStart' in patch) {
    const starts = scopes.map(bodyStart).filter((start) => start !== undefined);
    return starts.length === 1 ? { start: starts[0]!, end: starts[0]!, text: `\n${patch.atStart}\n` } : undefined;
  }
  for (const pattern of patternsOf(patch.find)) {
    const found = allMatches(scopes, pattern, source);
    if (found.length > 1) return undefined;
    if (found.length === 1) return editFor(found[0]!, patch.replace);
  }
  return undefined;
}

function scopesFor({ program, scopes }: Source, patch: Patch): Scope[] {
  return patch.in === undefined ? [{ path: '', node: program }] : scopesNamed(scopes, patch.in);
}

function allMatches(scopes: readonly Scope[], pattern: Pattern, { text }: Source): Match[] {
  return scopes.flatMap(({ node }) => matchesIn(node, pattern, text));
}

/** A statement or member that goes leaves an empty one. */
function editFor({ kind, start, end, captures }: Match, replace: string): Edit {
  const isAlone = kind === 'statement' || kind === 'member';
  const text = replace.replace(/(?:\$\$)?\$[A-Z][A-Z0-9_]*/g, (name) => captures.get(name) ?? name);
  return { start, end, text: text.trim() === '' && isAlone ? ';' : text };
}

function edited({ file, text, program }: Source, edits: readonly Edit[], mutant: string): string {
  const ordered = edits.toSorted((a, b) => a.start - b.start);
  if (ordered.some(({ start }, i) => start < (ordered[i - 1]?.end ?? 0))) {
    throw new MisplacedPatchError(`mutant ${mutant}: two of its patches overlap in ${file}`);
  }
  let result = '';
  let at = 0;
  for (const edit of ordered) {
    result += text.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  result += text.slice(at);
  const patched = parseSource(result);
  if (patched === undefined) {
    throw new MisplacedPatchError(`mutant ${mutant}: ${file} is no TypeScript once it is patched`);
  }
  const unbound = unboundNames(patched, program);
  if (unbound.length > 0) {
    throw new MisplacedPatchError(`mutant ${mutant}: ${file} does not have what its patch uses: ${unbound.join(', ')}`);
  }
  return result;
}

function complaint(source: Source, patch: Patch, mutant: string): string {
  const scopes = scopesFor(source, patch);
  const where = `mutant ${mutant}: ${source.file}`;
  if (scopes.length === 0) {
    const known = source.scopes.map(({ path: name }) => name);
    return `${where} has no ${patch.in}; it has ${[...new Set(known)].slice(0, 60).join(', ')}`;
  }
  if ('atStart' in patch) return `${where}, ${patch.in}: it has no body, or several: ${patch.atStart}`;
  const patterns = patternsOf(patch.find);
  const [pattern] = patterns;
  if (pattern === undefined) return `${where}: no TypeScript: ${patch.find}`;
  const place = `${where}, ${patch.in ?? 'outside of functions'}`;
  const times = Math.max(...patterns.map((each) => allMatches(scopes, each, source).length));
  if (times > 1) return `${place}: found ${times} times, it must be there once: ${patch.find}`;
  const nearest = patterns.flatMap((each) => scopes.map(({ node }) => nearestTo(node, each, source.text)));
  return `${place}: not found: ${patch.find}\n  nearest to it there: ${nearest.find((text) => text !== undefined) ?? 'nothing of its kind'}`;
}

function placeText({ file, in: scope }: Patch): string {
  return scope === undefined ? file : `${scope} (once in ${file})`;
}

/** Without parsing it. */
function mayHold(file: string, { in: scope }: Patch, root: string): boolean {
  return scope === undefined || readFileSync(path.join(root, file), 'utf8').includes(scope.split('.').at(-1)!);
}

function readSource(file: string, mutant: string, root: string): Source | undefined {
  let text: string;
  try {
    text = readFileSync(path.join(root, file), 'utf8');
  } catch {
    return undefined;
  }
  return sourceOf(file, text, mutant);
}

/** Many patches of one file come after each other: it is parsed once. */
let lastParsed: Source | undefined;

function sourceOf(file: string, text: string, mutant: string): Source {
  if (lastParsed?.file === file && lastParsed.text === text) return lastParsed;
  const program = parseSource(text);
  if (program === undefined) throw new MisplacedPatchError(`mutant ${mutant}: ${file} is no TypeScript`);
  lastParsed = { file, text, program, scopes: scopesOf(program) };
  return lastParsed;
}
