/**
 * Uncaught exceptions and rejections: a bug of this program. The process reports it in one line, with the stack below,
 * and ends with 70: it does not continue with what may be half done. Imports almost nothing, so it works from the first
 * moment on.
 */
import { complain } from './print.ts';

/** As in sysexits.h; EXIT.bug. */
const EXIT_BUG = 70;
/** 128 and the number of SIGPIPE: a shell's code for a program whose reader closed the pipe. */
const EXIT_CLOSED_OUTPUT = 141;

type Tell = (error: unknown) => void;

const listeners = new Set<Tell>();

/** One line with what happened and what to do, then the stack. */
export function bugText(error: unknown): string {
  const [what] = (error instanceof Error ? `${error.name}: ${error.message}` : String(error)).split('\n', 1);
  const stack = error instanceof Error && error.stack !== undefined ? `\n${error.stack}` : '';
  return (
    `a bug of provenonce ended this command (exit code ${EXIT_BUG}): ${what}. Report it with this text and the log. ` +
    `\`provenonce process\` may be started again: it finds out what was written.${stack}`
  );
}

/** Called once, before anything else runs. */
export function endOnBugs(): void {
  // Unhandled rejections arrive here too: Node raises them as exceptions.
  process.on('uncaughtException', (error: unknown) => {
    for (const tell of [...listeners, tellStderr]) {
      try {
        tell(error);
      } catch {
        // A log that cannot be written must not hide the bug from the next one.
      }
    }
    process.exit(EXIT_BUG);
  });
  for (const output of [process.stdout, process.stderr]) {
    output.on('error', (error: NodeJS.ErrnoException) => {
      // `provenonce verify | head`: the reader closed the pipe, which is not a bug.
      if (error.code === 'EPIPE') process.exit(EXIT_CLOSED_OUTPUT);
      throw error;
    });
  }
}

/** Calls `tell` synchronously before the process ends by a bug. Returns a function that undoes this. */
export function alsoTellBugs(tell: Tell): () => void {
  listeners.add(tell);
  return () => void listeners.delete(tell);
}

function tellStderr(error: unknown): void {
  complain(bugText(error));
}
