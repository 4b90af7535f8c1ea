/**
 * The only place of the command line that writes to its standard streams. Nothing unprintable gets past it. Text is wrapped
 * at words where a terminal (or COLUMNS) says how wide it is, and never mixes with the line of progress: that one is
 * cleared before anything else is written, and exists on terminals only.
 */
import { messageText, printable, printableJson, printableText } from '../base/text/printable.ts';
import { terminalColumns } from '../base/text/terminal.ts';
import { cellsOf, wrapText } from '../base/text/wrap.ts';

/** Colours and weights, as the demo has them. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: a style begins with one
const STYLE = /(\u001b\[[0-9;]*m)/;
const CLEAR_LINE = '\r\u001b[2K';

/** For --json: a document is written once, and an error only adds one where there is none. */
let documents = 0;
let hasStatus = false;

/** A report on standard output. Its text maker has escaped what came from data, line by line (textOfLines, tableText). */
export function print(text: string): void {
  write(process.stdout, fitted(process.stdout, printableText(text)));
}

/** What is to be pasted or read by a program: each line as it is, however wide the terminal. */
export function printVerbatim(text: string): void {
  write(process.stdout, printableText(text));
}

/** Progress on standard error. */
export function tell(text: string): void {
  write(process.stderr, fitted(process.stderr, printableText(text)));
}

/** As printVerbatim, on standard error. */
export function tellVerbatim(text: string): void {
  write(process.stderr, printableText(text));
}

/** What went wrong, on standard error: an error's message, which may hold anything. Further lines (a stack) stay as they are. */
export function complain(message: string): void {
  const [first = '', ...more] = messageText(message).split('\n');
  write(process.stderr, [fitted(process.stderr, first), ...more].join('\n'));
}

/** One JSON document on standard output. */
export function printJson(document: unknown): void {
  writeDocument(JSON.stringify(document, (_, value) => (typeof value === 'bigint' ? String(value) : value), 2));
}

/** The same, where it is text already. */
export function writeDocument(json: string): void {
  write(process.stdout, printableJson(json.trimEnd()));
  documents++;
}

/** Whether standard output has its document. */
export function hasPrintedJson(): boolean {
  return documents > 0;
}

/** A line of progress that the next one takes the place of; cut to the terminal. Nothing where there is no terminal. */
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

/** Text with styles, as it comes, line ends and all. */
export function writeStyled(stream: NodeJS.WriteStream, text: string): void {
  clearStatus();
  stream.write(styledText(text));
}

/** All but styles and line ends is escaped. */
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
