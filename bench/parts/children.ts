/** Processes that a benchmark starts end with it, in any ending, also by a signal, as from a time limit or ^C. */

/** Receives a signal and its exit code. */
export type Interrupted = (signal: NodeJS.Signals, code: number) => void;

let interrupted: Interrupted = (_signal, code) => process.exit(code);
const running = new Map<number, NodeJS.Signals>();
let watching = false;

/**
 * Sends the signal when this process ends, unless the child has ended before. SIGTERM for one that has children of its
 * own.
 */
export function endsWithUs(
  pid: number | undefined,
  over: Promise<unknown>,
  signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL',
): void {
  if (pid === undefined) return;
  watch();
  running.set(pid, signal);
  over.finally(() => running.delete(pid)).catch(() => {});
}

/** Replaces the end at the first signal: the handler's caller ends the process itself. The second signal ends it. */
export function atSignal(handler: Interrupted): void {
  interrupted = handler;
  watch();
}

function watch(): void {
  if (watching) return;
  watching = true;
  process.on('exit', () => {
    for (const [pid, signal] of running) {
      try {
        process.kill(pid, signal);
      } catch {
        // ended by itself
      }
    }
  });
  for (const [signal, number] of [['SIGINT', 2] as const, ['SIGTERM', 15] as const, ['SIGHUP', 1] as const]) {
    process.on(signal, () => {
      const tell = interrupted;
      interrupted = (_signal, code) => process.exit(code);
      tell(signal, 128 + number);
    });
  }
}
