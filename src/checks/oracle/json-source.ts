/**
 * The members of a JSON object by their source text. Whether a text is JSON at all is JSON.parse's to say; what is known to be
 * JSON is then gone through member by member, so that numbers stay as they were written and a name that comes twice is seen.
 */
export interface SourceMember {
  readonly name: string;
  /** As written: a text with its quotes and escapes; of an array or object its first bracket only. */
  readonly source: string;
  /** Where it stands in the text. */
  readonly at: number;
}

/** Characters by their codes. */
const [SPACE, QUOTE, COMMA, POINT, COLON] = [0x20, 0x22, 0x2c, 0x2e, 0x3a];
const [ZERO, NINE, BACKSLASH, OPEN, CLOSE] = [0x30, 0x39, 0x5c, 0x7b, 0x7d];

/** A name and what its value begins with; a text, number or word is there whole. */
const MEMBER = /[ \t\n\r]*("(?:[^"\\]|\\.)*")[ \t\n\r]*:[ \t\n\r]*("(?:[^"\\]|\\.)*"|[-0-9][-+.0-9eE]*|[a-z]+|[[{])/y;
const BRACKET_OR_TEXT = /"(?:[^"\\]|\\.)*"|[[{]|[\]}]/g;

/** Every member of the object itself, in order; a text if it is no JSON or no object. */
export function sourceMembers(text: string): SourceMember[] | 'not_json' | 'not_an_object' {
  const plain = plainMembers(text);
  if (plain !== undefined) return plain;
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return 'not_an_object';
  } catch {
    return 'not_json';
  }
  const members: SourceMember[] = [];
  MEMBER.lastIndex = text.indexOf('{') + 1;
  for (let match = MEMBER.exec(text); match !== null; match = MEMBER.exec(text)) {
    const [, name = '', source = ''] = match;
    const end = MEMBER.lastIndex;
    members.push({ name: unquoted(name), source, at: end - source.length });
    const behind = source === '[' || source === '{' ? behindNested(text, end) : end;
    // Over the comma; behind the last member there is none, and what follows is no member.
    MEMBER.lastIndex = text.indexOf(',', behind) + 1 || text.length;
  }
  return members;
}

/**
 * The same of an object that holds texts without escapes and plain numbers, written with no blank but a space: almost every
 * event, in a fifth of the time. Undefined for any other text, valid or not.
 */
function plainMembers(text: string): SourceMember[] | undefined {
  if (text.charCodeAt(0) !== OPEN) return undefined;
  const members: SourceMember[] = [];
  let at = behindSpaces(text, 1);
  for (;;) {
    const nameEnd = behindPlainText(text, at);
    if (nameEnd === -1) return undefined;
    const name = nameOf(text, at + 1, nameEnd - 1, members.length);
    at = behindSpaces(text, nameEnd);
    if (text.charCodeAt(at) !== COLON) return undefined;
    at = behindSpaces(text, at + 1);
    const end = text.charCodeAt(at) === QUOTE ? behindPlainText(text, at) : behindPlainNumber(text, at);
    if (end === -1) return undefined;
    members.push({ name, source: text.slice(at, end), at });
    at = behindSpaces(text, end);
    const next = text.charCodeAt(at);
    if (next === CLOSE) return at === text.length - 1 ? members : undefined;
    if (next !== COMMA) return undefined;
    at = behindSpaces(text, at + 1);
  }
}

/** A producer writes the members of each event in one order: the name at a place is mostly the one of the event before. */
const namesBefore: string[] = [];
const NAMES_MAX = 20;
const NAME_LENGTH_MAX = 100;

/** text.slice(from, to), without a new text where it is the name that was at this place before. */
function nameOf(text: string, from: number, to: number, place: number): string {
  const before = namesBefore[place];
  if (before !== undefined && before.length === to - from && text.startsWith(before, from)) return before;
  const name = text.slice(from, to);
  if (place < NAMES_MAX && name.length <= NAME_LENGTH_MAX) namesBefore[place] = name;
  return name;
}

function behindSpaces(text: string, from: number): number {
  let at = from;
  while (text.charCodeAt(at) === SPACE) at++;
  return at;
}

/** From its first quote to behind its last; -1 where it is no text, or holds what needs a second look. */
function behindPlainText(text: string, from: number): number {
  if (text.charCodeAt(from) !== QUOTE) return -1;
  for (let at = from + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at + 1;
    if (code === BACKSLASH || code < SPACE) return -1;
  }
  return -1;
}

/** Digits without a zero before them, perhaps a point and more digits; -1 where there are none. */
function behindPlainNumber(text: string, from: number): number {
  const whole = behindDigits(text, from);
  if (whole === from || (text.charCodeAt(from) === ZERO && whole > from + 1)) return -1;
  if (text.charCodeAt(whole) !== POINT) return whole;
  const end = behindDigits(text, whole + 1);
  return end === whole + 1 ? -1 : end;
}

function behindDigits(text: string, from: number): number {
  let at = from;
  for (let code = text.charCodeAt(at); code >= ZERO && code <= NINE; code = text.charCodeAt(at)) at++;
  return at;
}

/** The text that a source with quotes spells. */
export function unquoted(source: string): string {
  return source.includes('\\') ? (JSON.parse(source) as string) : source.slice(1, -1);
}

/** From inside of a bracket to behind the one that closes it. */
function behindNested(text: string, from: number): number {
  BRACKET_OR_TEXT.lastIndex = from;
  for (let depth = 1; depth > 0; ) {
    const found = BRACKET_OR_TEXT.exec(text)![0];
    if (found === '[' || found === '{') depth++;
    else if (found === ']' || found === '}') depth--;
  }
  return BRACKET_OR_TEXT.lastIndex;
}
