/**
 * Lines fitted to a width. They break between words. A command in backticks counts as one word, so that it can be
 * pasted. Widths are terminal cells: an ideograph takes two, a combining mark none. Pure; the caller has escaped
 * unprintable characters.
 */

const WIDE = /\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Hangul}|\p{Emoji_Presentation}/u;
const MARK = /^\p{M}$/u;
const WORD = /(?:`[^`]*`|[^\s`]|`)+/g;
/** A word with the spaces before it. */
const SPACED_WORD = /(\s*)((?:`[^`]*`|[^\s`]|`)+)/g;
/** A long word breaks after one of these if possible. */
const SOFT_BREAK = /[,;:=/_.-]/;

/** Terminal cells that a text without control characters takes. */
export function cellsOf(text: string): number {
  let cells = 0;
  for (const character of text) cells += WIDE.test(character) ? 2 : MARK.test(character) ? 0 : 1;
  return cells;
}

export interface WrapOptions {
  /** Before the first line. */
  readonly lead?: string;
  /** Before every other line. */
  readonly indent?: string;
  /** Breaks a word that is wider than a line. Default: it stays whole, on a line of its own. */
  readonly breaksWords?: boolean;
}

/** The words of one line of text, as lines of at most `width` cells. */
export function wrapWords(text: string, width: number, options: WrapOptions = {}): string[] {
  const { lead = '', indent = '', breaksWords = false } = options;
  const lines: string[] = [];
  let line = lead;
  let isEmpty = true;
  const end = (): void => {
    lines.push(line);
    line = indent;
    isEmpty = true;
  };
  for (const [, spaces = '', word = ''] of text.matchAll(SPACED_WORD)) {
    if (!isEmpty && cellsOf(line) + spaces.length + cellsOf(word) > width) end();
    let rest = isEmpty ? word : spaces + word;
    while (breaksWords && cellsOf(line) + cellsOf(rest) > width) {
      const head = headOf(rest, Math.max(1, width - cellsOf(line)));
      line += head;
      rest = rest.slice(head.length);
      if (rest === '') break;
      end();
    }
    line += rest;
    isEmpty = false;
  }
  return [...lines, line];
}

/**
 * Text of several lines, each wrapped under its own start: indentation or a leading `- ` is kept for its further lines;
 * spaces between words stay in lines that fit.
 */
export function wrapText(text: string, width: number): string {
  return text
    .split('\n')
    .flatMap((line) => {
      if (cellsOf(line) <= width) return [line];
      const [lead = ''] = /^\s*(?:- )?/.exec(line) ?? [];
      return wrapWords(line.slice(lead.length), width, {
        lead,
        indent: ' '.repeat(lead.length === 0 ? 2 : lead.length),
      });
    })
    .join('\n');
}

/** The widest piece that stays whole. */
export function widestWord(text: string): number {
  return Math.max(0, ...(text.match(WORD) ?? []).map(cellsOf));
}

/** As many characters as fit, up to the last soft break among them. */
function headOf(text: string, width: number): string {
  let fits = '';
  for (const character of text) {
    if (fits !== '' && cellsOf(fits) + cellsOf(character) > width) break;
    fits += character;
  }
  if (fits.length === text.length) return fits;
  for (let at = fits.length; at > fits.length / 2; at--) if (SOFT_BREAK.test(fits[at - 1]!)) return fits.slice(0, at);
  return fits;
}
