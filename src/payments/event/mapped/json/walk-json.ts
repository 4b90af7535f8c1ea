/**
 * Finds what the paths of a mapping name in a JSON text, plainly: this defines what a path finds. scan-json.ts does the same faster,
 * for the usual spelling. The text was checked before (json-form.ts), so there is no error to look for here but a name that repeats.
 *
 * It goes down by recursion only where a path goes down, at most MAX_PATH_STEPS. Everything else is skipped in one loop.
 */
import { textOf } from '../../json-members.ts';
import { NO_PATH, type PathNode } from '../compiled-mapping.ts';
import { type PathValues, VALUE_KIND } from '../path-values.ts';

/**
 * Fills `out` from the text of `value`. Returns the first member name in the text that repeats in an object in which a path looks
 * for a member; `out` is not complete then.
 */
export function walkJson(text: string, value: Buffer, root: PathNode, out: PathValues): string | undefined {
  out.source = value;
  const walk = new Walk(text, out);
  walk.visit(root, walk.skipBlanks(0));
  return walk.repeated;
}

class Walk {
  readonly #text: string;
  readonly #out: PathValues;
  repeated: string | undefined;

  constructor(text: string, out: PathValues) {
    this.#text = text;
    this.#out = out;
  }

  /** Reads the value that begins at `start` and returns where it ends. */
  visit(node: PathNode, start: number): number {
    const first = this.#text[start];
    const end =
      first === '{' && node.members.size > 0
        ? this.#visitMembers(node, start)
        : first === '[' && node.elements.size > 0
          ? this.#visitElements(node, start)
          : this.#skipValue(start);
    if (this.repeated === undefined) this.#put(node, start, end);
    return end;
  }

  #visitMembers(node: PathNode, start: number): number {
    const names = new Set<string>();
    let at = this.skipBlanks(start + 1);
    while (this.#text[at] !== '}') {
      const nameEnd = this.#skipText(at);
      const name = textOf(this.#text, { kind: 'text', start: at, end: nameEnd });
      if (names.has(name)) {
        this.repeated ??= name;
        return nameEnd;
      }
      names.add(name);
      at = this.skipBlanks(this.skipBlanks(nameEnd) + 1); // past the colon
      const member = node.members.get(name);
      at = member === undefined ? this.#skipValue(at) : this.visit(member, at);
      if (this.repeated !== undefined) return at;
      at = this.#skipComma(at);
    }
    return at + 1;
  }

  #visitElements(node: PathNode, start: number): number {
    let at = this.skipBlanks(start + 1);
    for (let index = 0; this.#text[at] !== ']'; index += 1) {
      const element = node.elements.get(index);
      at = element === undefined ? this.#skipValue(at) : this.visit(element, at);
      if (this.repeated !== undefined) return at;
      at = this.#skipComma(at);
    }
    return at + 1;
  }

  #put({ path, wantsSource }: PathNode, start: number, end: number): void {
    const [text, out] = [this.#text, this.#out];
    if (path === NO_PATH || text.startsWith('null', start)) return;
    if (wantsSource) {
      out.sourceStarts[path] = Buffer.byteLength(text.slice(0, start));
      out.sourceEnds[path] = Buffer.byteLength(text.slice(0, end));
    }
    const first = text[start];
    if (first === '"') out.putText(path, textOf(text, { kind: 'text', start, end }));
    else if (first === '{') out.setKind(path, VALUE_KIND.object);
    else if (first === '[') out.setKind(path, VALUE_KIND.list);
    else if (first === 't') out.setKind(path, VALUE_KIND.true);
    else if (first === 'f') out.setKind(path, VALUE_KIND.false);
    else {
      const literal = Buffer.from(text.slice(start, end));
      out.put(path, VALUE_KIND.number, literal, 0, literal.length);
    }
  }

  /** The end of the value that begins at `start`. */
  #skipValue(start: number): number {
    let at = start;
    let depth = 0;
    do {
      const character = this.#text[at];
      if (character === '"') {
        at = this.#skipText(at);
        continue;
      }
      if (character === '{' || character === '[') depth += 1;
      else if (character === '}' || character === ']') depth -= 1;
      else if (depth === 0) return this.#skipWord(at);
      at += 1;
    } while (depth > 0);
    return at;
  }

  /** The end of a number, `true`, `false` or `null`. */
  #skipWord(start: number): number {
    let at = start;
    while (at < this.#text.length && !',]} \t\n\r'.includes(this.#text[at] as string)) at += 1;
    return at;
  }

  /** The end of the text that begins with a quote at `start`. */
  #skipText(start: number): number {
    let at = start + 1;
    while (this.#text[at] !== '"') at += this.#text[at] === '\\' ? 2 : 1;
    return at + 1;
  }

  #skipComma(at: number): number {
    const next = this.skipBlanks(at);
    return this.#text[next] === ',' ? this.skipBlanks(next + 1) : next;
  }

  skipBlanks(from: number): number {
    let at = from;
    while (at < this.#text.length && ' \t\n\r'.includes(this.#text[at] as string)) at += 1;
    return at;
  }
}
