/**
 * Text from data on its way to a terminal: an id, a reason or an error message may hold control characters, which could
 * move the cursor, hide what stands before, or look like a line of ours. Everything printed goes through here, line by line.
 *
 * Escaped: C0 and C1 controls and DEL, line and paragraph separators, characters that turn the direction of writing or have
 * no width, and halves of surrogate pairs. A backslash stays as it is.
 */

const UNPRINTABLE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|\p{Cs}/gu;
const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** One line: `\n`, `\r`, `\t` and `\uXXXX` stand for what a terminal must not see. */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (character) => SHORT[character] ?? escapeOf(character));
}

/** Lines as one text; a line that holds a line end from data stays one line. */
export function textOfLines(lines: readonly string[]): string {
  return lines.map(printable).join('\n');
}

/** Text of several lines that are ours; what is not printable in them is escaped. */
export function printableText(text: string): string {
  return textOfLines(text.split('\n'));
}

/**
 * An error message, which may have lines of its own and of data: the first line stands as it is, all others are moved in, so
 * that none of them can pass for a line of ours.
 */
export function messageText(message: string): string {
  const [first = '', ...more] = message.split('\n');
  return textOfLines([first, ...more.map((line) => `  ${line}`)]);
}

/** A JSON document stays the same document: only inside its strings is there anything to escape. */
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
