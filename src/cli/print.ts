/** The only place of the command line that writes to its standard streams. Nothing unprintable gets past it. */
import { messageText, printable, printableJson, printableText } from '../text/printable.ts';

/** Colours and weights, as the demo has them, and the start of a line that takes the place of another. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: a style begins with one
const STYLE = /(\u001b\[[0-9;]*m|\r\u001b\[2?K)/;
const CLEAR_LINE = '\r\u001b[2K';

/** A report on standard output. Its text maker has escaped what came from data, line by line (textOfLines, tableText). */
export function print(text: string): void {
  process.stdout.write(`${printableText(text)}\n`);
}

/** The same on standard error: what is going on. */
export function tell(text: string): void {
  process.stderr.write(`${printableText(text)}\n`);
}

/** What went wrong, on standard error: an error's message, which may hold anything. */
export function complain(message: string): void {
  process.stderr.write(`${messageText(message)}\n`);
}

/** One JSON document on standard output. */
export function printJson(document: unknown): void {
  const json = JSON.stringify(document, (_, value) => (typeof value === 'bigint' ? String(value) : value), 2);
  process.stdout.write(`${printableJson(json)}\n`);
}

/** A line of progress that the next one takes the place of. For terminals only. */
export function showStatus(text: string): void {
  process.stderr.write(`${CLEAR_LINE}${printable(text)}`);
}

export function clearStatus(): void {
  process.stderr.write(CLEAR_LINE);
}

/** Text with styles, as it comes, line ends and all. */
export function writeStyled(stream: NodeJS.WriteStream, text: string): void {
  stream.write(styledText(text));
}

/** All but styles and line ends is escaped. */
export function styledText(text: string): string {
  return text
    .split(STYLE)
    .map((part, index) => (index % 2 === 1 ? part : printableText(part)))
    .join('');
}
