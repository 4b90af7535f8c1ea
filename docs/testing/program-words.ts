/** What a shown command hands to the program, as a shell and npm would. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { REPOSITORY } from './markdown.ts';

/** npm's scripts by name. */
export const scripts: Readonly<Record<string, string>> = (
  JSON.parse(readFileSync(path.join(REPOSITORY, 'package.json'), 'utf8')) as { scripts: Record<string, string> }
).scripts;

/** Words as a shell sees them, variables in front left out; quotes only group. */
export function wordsOf(text: string): string[] {
  const words = [...text.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, plain]) => double ?? single ?? plain ?? '',
  );
  while (/^[A-Z_]+=/.test(words[0] ?? '')) words.shift();
  return words;
}

/** Words after `provenonce`; undefined where another program is called. */
export function programWords(words: readonly string[]): string[] | undefined {
  if (words[0] === 'provenonce') return words.slice(1);
  if (words[0] !== 'npm' || words[1] !== 'run') return undefined;
  const first = wordsOfScript(scripts[words[2] ?? ''] ?? '');
  return first === undefined ? undefined : [...first, ...(words[3] === '--' ? words.slice(4) : [])];
}

/** Node may have options in front of the program. */
export function wordsOfScript(script: string): string[] | undefined {
  const rest = /^node (?:-\S+ )*src\/cli\/(?:main\.ts|provenonce\.mjs)(.*)$/.exec(script)?.[1];
  return rest === undefined ? undefined : wordsOf(rest);
}
