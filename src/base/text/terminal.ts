/** The width of the terminal, to which all text of the command line is fitted. */

/** The same fields as process.stdout. */
export interface TerminalStream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

/** Assumed if a terminal does not report its width. */
const COLUMNS_DEFAULT = 80;
/** Nothing can be fitted to less. */
const COLUMNS_LEAST = 20;

/**
 * Cells of a line: the terminal's; without a terminal the value of COLUMNS; otherwise undefined, and lines are not
 * wrapped, so that `grep` finds all of them.
 */
export function terminalColumns(
  stream: TerminalStream,
  env: Readonly<Record<string, string | undefined>>,
): number | undefined {
  if (stream.isTTY) return Math.max(COLUMNS_LEAST, stream.columns || COLUMNS_DEFAULT);
  const said = /^\d{1,4}$/.test(env.COLUMNS ?? '') ? Number(env.COLUMNS) : 0;
  return said >= COLUMNS_LEAST ? said : undefined;
}
