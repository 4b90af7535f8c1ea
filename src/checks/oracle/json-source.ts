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

/** A name and what its value begins with; a text, number or word is there whole. */
const MEMBER = /[ \t\n\r]*("(?:[^"\\]|\\.)*")[ \t\n\r]*:[ \t\n\r]*("(?:[^"\\]|\\.)*"|[-0-9][-+.0-9eE]*|[a-z]+|[[{])/y;
const BRACKET_OR_TEXT = /"(?:[^"\\]|\\.)*"|[[{]|[\]}]/g;

/** Every member of the object itself, in order; a text if it is no JSON or no object. */
export function sourceMembers(text: string): SourceMember[] | 'not_json' | 'not_an_object' {
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
