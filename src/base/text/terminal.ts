/** How wide a terminal is: what all text of the command line is fitted to. */

/** A stream's own word, as process.stdout has it. */
export interface TerminalStream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

/** A terminal that does not say how wide it is. */
const COLUMNS_DEFAULT = 80;
/** Less is no width that anything could be fitted to. */
const COLUMNS_LEAST = 20;

/**
 * Cells of a line: the terminal's; without a terminal what COLUMNS says; otherwise undefined, and lines are as long as they
 * come, so that `grep` finds all of them.
 */
export function terminalColumns(
  stream: TerminalStream,
  env: Readonly<Record<string, string | undefined>>,
): number | undefined {
  if (stream.isTTY) return Math.max(COLUMNS_LEAST, stream.columns || COLUMNS_DEFAULT);
  const said = /^\d{1,4}$/.test(env.COLUMNS ?? '') ? Number(env.COLUMNS) : 0;
  return said >= COLUMNS_LEAST ? said : undefined;
}
