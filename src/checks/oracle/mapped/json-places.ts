/**
 * What a JSON text has at a path, by its source. JSON.parse says whether it is JSON at all; then one object or list is gone
 * through for each step of a path, and nothing else of the text is looked at. Each of them is gone through once a record.
 *
 * Invariant: nothing here recurses, so that a text of a million brackets is as good as any other.
 */
import { unquoted } from '../json-source.ts';
import { type MappedValue, MISSING } from './mapped-value.ts';

/** A value of the text: [at, end). */
interface Place {
  readonly at: number;
  readonly end: number;
}

interface Member extends Place {
  readonly name: string;
  /** Where its name stands. */
  readonly nameAt: number;
}

/** A name that comes a second time in one object, and where. */
interface Repeated {
  readonly name: string;
  readonly at: number;
}

const TEXT = /"(?:[^"\\]|\\.)*"/y;
const PLAIN = /[-+.0-9A-Za-z]+/y;
const BLANKS = /[ \t\n\r]*/y;
const BRACKET_OR_TEXT = /"(?:[^"\\]|\\.)*"|[[{]|[\]}]/g;
const INDEX = /^(?:0|[1-9][0-9]*)$/;

export class JsonPlaces {
  readonly #text: string;
  readonly #root: Place;
  #ends: ReadonlyMap<number, number> | undefined;
  readonly #members = new Map<number, readonly Member[]>();
  readonly #elements = new Map<number, readonly Place[]>();
  #repeated: Repeated | undefined;

  private constructor(text: string) {
    this.#text = text;
    this.#root = this.#placeAt(this.#behindBlanks(0));
  }

  static of(text: string): JsonPlaces | 'not_json' | 'not_an_object' {
    try {
      const parsed: unknown = JSON.parse(text);
      if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return 'not_an_object';
    } catch {
      return 'not_json';
    }
    return new JsonPlaces(text);
  }

  /** Of the objects in which a path looked for a member so far, the name whose repetition stands first in the text. */
  get repeatedName(): string | undefined {
    return this.#repeated?.name;
  }

  /** `steps`: the pointer, without its slashes and escapes. */
  at(steps: readonly string[]): MappedValue {
    let place: Place | undefined = this.#root;
    for (const step of steps) {
      const first: string = this.#text[place.at]!;
      if (first === '{') place = this.#memberNamed(place, step);
      else if (first === '[') place = INDEX.test(step) ? this.#elementsOf(place)[Number(step)] : undefined;
      else place = undefined;
      if (place === undefined) return MISSING;
    }
    return this.#valueOf(place);
  }

  #valueOf({ at, end }: Place): MappedValue {
    const source = this.#text.slice(at, end);
    if (source === 'null') return MISSING;
    if (source === 'true' || source === 'false') return { is: 'truth', truth: source === 'true' };
    if (source.startsWith('"')) return { is: 'text', text: unquoted(source), source };
    if (source.startsWith('{')) return { is: 'object', source };
    if (source.startsWith('[')) return { is: 'list', source };
    return { is: 'number', source };
  }

  /** The first of that name. */
  #memberNamed(object: Place, name: string): Place | undefined {
    return this.#membersOf(object).find((member) => member.name === name);
  }

  #membersOf(object: Place): readonly Member[] {
    const held = this.#members.get(object.at);
    if (held !== undefined) return held;
    const members: Member[] = [];
    const names = new Set<string>();
    for (let at = this.#behindBlanks(object.at + 1); this.#text[at] !== '}'; ) {
      const nameEnd = this.#end(TEXT, at);
      const name = unquoted(this.#text.slice(at, nameEnd));
      if (names.size === names.add(name).size) this.#noteRepeated({ name, at });
      const colon = this.#behindBlanks(nameEnd);
      const value = this.#placeAt(this.#behindBlanks(colon + 1));
      members.push({ name, nameAt: at, ...value });
      at = this.#behindComma(value.end);
    }
    this.#members.set(object.at, members);
    return members;
  }

  #elementsOf(list: Place): readonly Place[] {
    const held = this.#elements.get(list.at);
    if (held !== undefined) return held;
    const elements: Place[] = [];
    for (let at = this.#behindBlanks(list.at + 1); this.#text[at] !== ']'; ) {
      const value = this.#placeAt(at);
      elements.push(value);
      at = this.#behindComma(value.end);
    }
    this.#elements.set(list.at, elements);
    return elements;
  }

  #noteRepeated(repeated: Repeated): void {
    if (this.#repeated === undefined || repeated.at < this.#repeated.at) this.#repeated = repeated;
  }

  /** The value that begins there. */
  #placeAt(at: number): Place {
    const first = this.#text[at];
    if (first === '"') return { at, end: this.#end(TEXT, at) };
    if (first !== '{' && first !== '[') return { at, end: this.#end(PLAIN, at) };
    this.#ends ??= endsOfBrackets(this.#text);
    return { at, end: this.#ends.get(at)! };
  }

  /** Behind a value: over a comma, to what comes next; or to the closing bracket. */
  #behindComma(end: number): number {
    const next = this.#behindBlanks(end);
    return this.#text[next] === ',' ? this.#behindBlanks(next + 1) : next;
  }

  #behindBlanks(at: number): number {
    return this.#end(BLANKS, at);
  }

  #end(pattern: RegExp, at: number): number {
    pattern.lastIndex = at;
    pattern.test(this.#text);
    return pattern.lastIndex;
  }
}

/** Of each bracket that opens, one past the one that closes it: in one walk, however deep they are. */
function endsOfBrackets(text: string): ReadonlyMap<number, number> {
  const ends = new Map<number, number>();
  const open: number[] = [];
  for (const { 0: found, index } of text.matchAll(BRACKET_OR_TEXT)) {
    if (found === '{' || found === '[') open.push(index);
    else if (found === '}' || found === ']') ends.set(open.pop()!, index + 1);
  }
  return ends;
}

/** A source without the blanks between its tokens. */
export function withoutBlanks(source: string): string {
  return source.replace(/("(?:[^"\\]|\\.)*")|[ \t\n\r]+/g, (_, text: string | undefined) => text ?? '');
}
