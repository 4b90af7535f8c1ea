/**
 * What nobody caught: an exception or a rejection that reaches the top is a bug of ours. The process says so in one line, with
 * the stack below it, and ends with 70: it does not go on with what may be half done. Imports next to nothing: it counts from
 * the first moment on.
 */
import { complain } from './print.ts';

/** As sysexits.h has it; EXIT.bug. */
const EXIT_BUG = 70;
/** 128 and the number of SIGPIPE: what a shell shows for a program whose reader went away. */
const EXIT_CLOSED_OUTPUT = 141;

type Tell = (error: unknown) => void;

const listeners = new Set<Tell>();

/** One line that says what happened and what to do, then the stack. */
export function bugText(error: unknown): string {
  const [what] = (error instanceof Error ? `${error.name}: ${error.message}` : String(error)).split('\n', 1);
  const stack = error instanceof Error && error.stack !== undefined ? `\n${error.stack}` : '';
  return (
    `a bug of provenonce ended this command (exit code ${EXIT_BUG}): ${what}. Report it with this text and the log. ` +
    `\`provenonce process\` may be started again: it finds out what was written.${stack}`
  );
}

/** To be called once, before anything else runs. */
export function endOnBugs(): void {
  // Unhandled rejections come here too: Node raises them as exceptions.
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
      // `provenonce verify | head`: nobody reads any more, which is no bug.
      if (error.code === 'EPIPE') process.exit(EXIT_CLOSED_OUTPUT);
      throw error;
    });
  }
}

/** Has `tell` called, synchronously, before the process ends by a bug. Returns what takes it back. */
export function alsoTellBugs(tell: Tell): () => void {
  listeners.add(tell);
  return () => void listeners.delete(tell);
}

function tellStderr(error: unknown): void {
  complain(bugText(error));
}
