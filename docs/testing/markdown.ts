/** Reads the repository's Markdown for tests: files, headings, links, commands and table columns. Knows no rules. */
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';

export const REPOSITORY = path.join(import.meta.dirname, '..', '..');

export interface Link {
  /** As written. */
  readonly target: string;
  readonly line: number;
}

export interface Command {
  /** One command, continuation lines joined, comments cut off. */
  readonly text: string;
  readonly line: number;
  /** Between backticks in a sentence: may leave arguments out. */
  readonly inline: boolean;
}

/** Every Markdown file of the repository, as a path from its top. */
export function markdownFiles(): string[] {
  const found = globSync('**/*.md', { cwd: REPOSITORY, exclude: (name) => name === 'node_modules' });
  return found.filter((file) => !file.includes('node_modules')).sort();
}

export function readRepositoryFile(file: string): string {
  return readFileSync(path.join(REPOSITORY, file), 'utf8');
}

/** Links and images outside code. */
export function linksOf(text: string): Link[] {
  return proseLines(text).flatMap(({ prose, line }) =>
    [...prose.replace(/`[^`]*`/g, '').matchAll(/\[[^\]]*\]\(([^)\s]+)\)/g)].map(([, target]) => ({
      target: target!,
      line,
    })),
  );
}

/** Anchors as GitHub makes them from headings. */
export function anchorsOf(text: string): Set<string> {
  const anchors = new Set<string>();
  for (const { prose } of proseLines(text)) {
    const heading = /^#{1,6}\s+(.*)$/.exec(prose)?.[1];
    if (heading === undefined) continue;
    const plain = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const slug = plain
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-');
    let anchor = slug;
    for (let copy = 1; anchors.has(anchor); copy += 1) anchor = `${slug}-${copy}`;
    anchors.add(anchor);
  }
  return anchors;
}

/** Commands of code blocks (not those that show TypeScript, SQL and the like) and of inline code that names npm or provenonce. */
export function commandsOf(text: string): Command[] {
  const commands: Command[] = [];
  let language: string | undefined;
  let continued: { text: string; line: number } | undefined;
  for (const [index, raw] of text.split('\n').entries()) {
    const fence = /^\s*```(\w*)/.exec(raw);
    if (fence !== null) {
      language = language === undefined ? fence[1]! : undefined;
      continued = undefined;
      continue;
    }
    const line = index + 1;
    if (language === undefined) {
      for (const [, code] of raw.matchAll(/`([^`]+)`/g)) {
        if (/^(?:npm|provenonce)\s/.test(code!)) commands.push({ text: code!, line, inline: true });
      }
    } else if (['', 'sh', 'bash', 'console'].includes(language)) {
      const start: { text: string; line: number } = continued ?? { text: '', line };
      const part = raw
        .replace(/^\s*\$ /, '')
        .replace(/(^|\s)#.*$/, '')
        .trim();
      if (part.endsWith('\\')) {
        continued = { text: `${start.text} ${part.slice(0, -1)}`.trim(), line: start.line };
        continue;
      }
      continued = undefined;
      const whole = `${start.text} ${part}`.trim();
      for (const one of whole.split(/\s*(?:&&|\|\||;|\|)\s*/)) {
        commands.push({ text: one.replace(/\s+(?:&|\d?>.*)$/, ''), line: start.line, inline: false });
      }
    }
  }
  return commands;
}

/** What stands between backticks at the start of the first cell of each row, headers left out; of one section where it is named. */
export function firstCells(text: string, heading?: string): string[] {
  const part = heading === undefined ? text : sectionOf(text, heading);
  return part.split('\n').flatMap((line) => /^\|\s*`([^`]+)`/.exec(line)?.[1] ?? []);
}

/** The text below a heading, up to the next heading of its level or a higher one. Throws where there is none. */
export function sectionOf(text: string, heading: string): string {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => /^#+ /.test(line) && line.replace(/^#+ /, '') === heading);
  if (start < 0) throw new Error(`no heading "${heading}"`);
  const level = /^#+/.exec(lines[start]!)![0].length;
  const length = lines.slice(start + 1).findIndex((line) => new RegExp(`^#{1,${level}} `).test(line));
  return lines.slice(start + 1, length < 0 ? undefined : start + 1 + length).join('\n');
}

function proseLines(text: string): { prose: string; line: number }[] {
  let inCode = false;
  return text.split('\n').flatMap((prose, index) => {
    if (/^\s*```/.test(prose)) {
      inCode = !inCode;
      return [];
    }
    return inCode ? [] : [{ prose, line: index + 1 }];
  });
}
