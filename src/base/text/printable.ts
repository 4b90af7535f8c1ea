/**
 * Text from data on its way to a terminal: an id, a reason or an error message may hold control characters, which could
 * move the cursor, hide what was printed before, or imitate a line of this program. Everything printed passes through
 * here, line by line.
 *
 * Escaped: C0 and C1 controls and DEL, line and paragraph separators, characters without width or that change the
 * direction of writing, and halves of surrogate pairs. A backslash stays as it is.
 */

const UNPRINTABLE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|\p{Cs}/gu;
const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** One line: unprintable characters become `\n`, `\r`, `\t` or `\uXXXX`. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => SHORT[character] ?? escapeOf(character));
}

/** Lines as one text; a line with a line break from data stays one line. */
export function textOfLines(lines: readonly string[]): string {
  return lines.map(printable).join('\n');
}

/** Several lines of this program's own text; unprintable characters in them are escaped. */
export function printableText(text: string): string {
  return textOfLines(text.split('\n'));
}

/**
 * An error message, which may have line breaks of its own and from data: the first line stays as it is, all others are
 * indented, so that none can pass for a line of this program.
 */
export function messageText(message: string): string {
  const [first = '', ...more] = message.split('\n');
  return textOfLines([first, ...more.map((line) => `  ${line}`)]);
}

/** The JSON document is unchanged in meaning: only characters inside its strings are escaped. */
export function printableJson(json: string): string {
  return json.replace(UNPRINTABLE, (character) => (character === '\n' ? character : escapeOf(character)));
}

/** Values of any shape, with every text in them printable; `stack` keeps its lines. */
export function printableValue(value: unknown, name = ''): unknown {
  if (typeof value === 'string') return name === 'stack' ? messageText(value) : printable(value);
  if (Array.isArray(value)) return value.map((one) => printableValue(one));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([each, one]) => [printable(each), printableValue(one, each)]));
}

function escapeOf(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
