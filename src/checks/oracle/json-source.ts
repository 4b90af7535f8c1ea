/**
 * The members of a JSON object by their source text. Whether a text is JSON at all is JSON.parse's to say; what is known to be
 * JSON is then gone through token by token, so that numbers stay as they were written and a name that comes twice is seen.
 */
export interface SourceMember {
  readonly name: string;
  /** As written: a text with its quotes and escapes; of an array or object its first bracket only. */
  readonly source: string;
  /** Where it stands in the text. */
  readonly at: number;
}

const TOKEN = /"(?:[^"\\]|\\.)*"|-?[0-9][0-9.eE+-]*|[a-z]+|[{}[\],:]/g;

/** Every member of the object itself, in order; a text if it is no JSON or no object. */
export function sourceMembers(text: string): SourceMember[] | 'not_json' | 'not_an_object' {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return 'not_an_object';
  } catch {
    return 'not_json';
  }
  const members: SourceMember[] = [];
  let depth = 0;
  let name: string | null = null;
  let isValueNext = false;
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    if (depth === 1 && isValueNext) {
      members.push({ name: name!, source: token, at: index });
      isValueNext = false;
    } else if (depth === 1 && token === ':') isValueNext = true;
    else if (depth === 1 && token.startsWith('"')) name = JSON.parse(token);
    if (token === '{' || token === '[') depth++;
    else if (token === '}' || token === ']') depth--;
  }
  return members;
}
