/**
 * The text of a rules file as plain values, with the place of each. YAML 1.2, of which JSON is a part; what makes a file say
 * something else than it seems to is refused: anchors and aliases, tags, names that stand twice, several documents.
 */
import { createRequire } from 'node:module';
import type * as Yaml from 'yaml';
import type { Node, YAMLError } from 'yaml';
import { type RulesMistake, rulesMistake } from './rules-mistake.ts';

/** A file with all members has four levels. */
const MAX_LEVELS = 32;

export type Path = readonly (string | number)[];

export interface RulesSyntax {
  readonly value: unknown;
  readonly mistakes: readonly RulesMistake[];
  /** The place of what the path leads to, or of the nearest object or list around it. */
  placeOf(path: Path): { readonly line: number; readonly column: number };
}

const TWICE = 'this name stands twice in the same object: keep one of them';
/** Names the cause of errors that the parser tells in words of its own. */
const CAUSES: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: TWICE,
  TAB_AS_INDENT: 'a tab is no indentation in YAML: use spaces',
  MULTILINE_IMPLICIT_KEY: 'a name has no colon behind it, here or in the line above',
  MULTIPLE_DOCS: 'a second document begins here: a rules file is one document',
};

const TOO_DEEP = 'nests too deeply to be read';

export function parseRulesText(text: string, fileName: string): RulesSyntax {
  // Loaded where there is a rules file: a start without one does not pay for it.
  const yaml = createRequire(import.meta.url)('yaml') as typeof Yaml;
  const { Alias, isMap, isScalar, isSeq, LineCounter, parseDocument, Scalar } = yaml;
  const lines = new LineCounter();
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const mistakes: RulesMistake[] = [];
  const places = new Map<string, number>();
  const wrong = (offset: number, path: Path, what: string): undefined => {
    mistakes.push(rulesMistake(fileName, place(offset), path.join('.'), what));
  };
  const note = (path: Path, offset: number): void => {
    places.set(JSON.stringify(path), offset);
  };

  const plain = (node: unknown, path: Path, at: number): unknown => {
    const offset = (node as Node | null)?.range?.[0] ?? at;
    if (!places.has(JSON.stringify(path))) note(path, offset);
    if (path.length > MAX_LEVELS) return wrong(offset, path, `nests deeper than ${MAX_LEVELS} levels`);
    if (node instanceof Alias) return wrong(offset, path, 'an alias (*name) is not taken: write the value out');
    const { anchor, tag } = (node ?? {}) as { readonly anchor?: string; readonly tag?: string };
    if (anchor !== undefined) return wrong(offset, path, 'an anchor (&name) is not taken: write the value out');
    if (tag !== undefined) return wrong(offset, path, 'a tag (!name) is not taken');
    if (isSeq(node)) return node.items.map((item, index) => plain(item, [...path, index], offset));
    if (!isMap(node)) return isScalar(node) ? node.value : null;
    const members = new Map<string, unknown>();
    for (const { key, value } of node.items) {
      const keyOffset = (key as Node | null)?.range?.[0] ?? offset;
      if (!(key instanceof Scalar)) {
        wrong(keyOffset, path, 'the name of a member must be a plain text');
        continue;
      }
      const name = String(key.source ?? key.value);
      // The parser compares values: to it, the number 1 and the text "1" are two names.
      if (members.has(name)) wrong(keyOffset, [...path, name], TWICE);
      // What comes later does not see a member of this name.
      if (name === '__proto__') wrong(keyOffset, [...path, name], 'a member cannot have this name');
      note([...path, name], keyOffset);
      members.set(name, plain(value, [...path, name], keyOffset));
    }
    return Object.fromEntries(members);
  };

  let value: unknown;
  try {
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: false, version: '1.2' });
    const { explicit = false, version } = document.directives?.yaml ?? {};
    // YAML 1.1 reads 010 as 8, and yes as true.
    if (explicit && version !== '1.2') {
      const what = `a directive (%YAML ${version}) is not taken: the file is read as YAML 1.2`;
      wrong(Math.max(text.search(/^%YAML/m), 0), [], what);
    }
    for (const error of [...firstCause(document.errors), ...document.warnings]) {
      wrong(error.pos[0], [], causeOf(error));
    }
    if (document.errors.length === 0) value = plain(document.contents, [], 0);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    wrong(0, [], TOO_DEEP);
  }
  return {
    value,
    mistakes,
    placeOf(path) {
      for (let length = path.length; length > 0; length -= 1) {
        const offset = places.get(JSON.stringify(path.slice(0, length)));
        if (offset !== undefined) return place(offset);
      }
      return { line: 1, column: 1 };
    },
  };
}

/** Behind the first place that is no YAML everything looks wrong. Names that stand twice have no such consequences. */
function firstCause(errors: readonly YAMLError[]): readonly YAMLError[] {
  const isOther = ({ code }: YAMLError): boolean => code !== 'DUPLICATE_KEY';
  const first = errors.filter(isOther).sort((a, b) => a.pos[0] - b.pos[0])[0];
  return first === undefined ? errors : [first];
}

function causeOf({ code, message }: YAMLError): string {
  // The parser catches its own overflow.
  if (message.includes('call stack')) return TOO_DEEP;
  if (message.includes('must be sufficiently indented and end with'))
    return 'a brace or bracket that was opened in a line above is not closed';
  const sentence = `${message.slice(0, 1).toLowerCase()}${message.slice(1)}`;
  return CAUSES[code] ?? `the file is neither YAML nor JSON here: ${sentence}`;
}
