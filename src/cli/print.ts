/**
 * The only place of the command line that writes to its standard streams. It escapes everything unprintable. Text is
 * wrapped at words if a terminal (or COLUMNS) gives a width. The progress line exists on terminals only, and is cleared
 * before anything else is written.
 */
import { messageText, printable, printableJson, printableText } from '../base/text/printable.ts';
import { terminalColumns } from '../base/text/terminal.ts';
import { cellsOf, wrapText } from '../base/text/wrap.ts';

/** Colours and weights, as the demo has them. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: a style begins with one
const STYLE = /(\u001b\[[0-9;]*m)/;
const CLEAR_LINE = '\r\u001b[2K';

/** For --json: a document is written once, and an error adds one only if there is none. */
let documents = 0;
let hasStatus = false;

/** A report on standard output. Its maker has escaped what came from data, line by line (textOfLines, tableText). */
export function print(text: string): void {
  write(process.stdout, fitted(process.stdout, printableText(text)));
}

/** Text to be pasted or read by a program: never wrapped. */
export function printVerbatim(text: string): void {
  write(process.stdout, printableText(text));
}

/** Progress on standard error. */
export function tell(text: string): void {
  write(process.stderr, fitted(process.stderr, printableText(text)));
}

/** printVerbatim on standard error. */
export function tellVerbatim(text: string): void {
  write(process.stderr, printableText(text));
}

/** An error on standard error; its message may hold anything. Further lines (a stack) stay as they are. */
export function complain(message: string): void {
  const [first = '', ...more] = messageText(message).split('\n');
  write(process.stderr, [fitted(process.stderr, first), ...more].join('\n'));
}

/** One JSON document on standard output. */
export function printJson(document: unknown): void {
  writeDocument(JSON.stringify(document, (_, value) => (typeof value === 'bigint' ? String(value) : value), 2));
}

/** A JSON document that is text already. */
export function writeDocument(json: string): void {
  write(process.stdout, printableJson(json.trimEnd()));
  documents++;
}

/** Whether a document was written to standard output. */
export function hasPrintedJson(): boolean {
  return documents > 0;
}

/** The progress line: replaces the previous one, cut to the terminal's width. Without a terminal nothing is shown. */
export function showStatus(text: string): void {
  const { stderr } = process;
  if (!stderr.isTTY) return;
  let line = '';
  const room = (terminalColumns(stderr, process.env) ?? 80) - 1;
  for (const character of printable(text)) {
    if (cellsOf(line) + cellsOf(character) > room) break;
    line += character;
  }
  if (line !== '' || hasStatus) stderr.write(`${CLEAR_LINE}${line}`);
  hasStatus = line !== '';
}

export function clearStatus(): void {
  if (hasStatus) process.stderr.write(CLEAR_LINE);
  hasStatus = false;
}

/** Text with styles, written unchanged, including line ends. */
export function writeStyled(stream: NodeJS.WriteStream, text: string): void {
  clearStatus();
  stream.write(styledText(text));
}

/** Escapes everything except styles and line ends. */
export function styledText(text: string): string {
  return text
    .split(STYLE)
    .map((part, index) => (index % 2 === 1 ? part : printableText(part)))
    .join('');
}

function write(stream: NodeJS.WriteStream, text: string): void {
  clearStatus();
  stream.write(`${text}\n`);
}

function fitted(stream: NodeJS.WriteStream, text: string): string {
  const columns = terminalColumns(stream, process.env);
  return columns === undefined ? text : wrapText(text, columns);
}
