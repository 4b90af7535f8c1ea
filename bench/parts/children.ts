/** Processes that a benchmark starts end with it, however it ends: also by a signal, as from a time limit or ^C. */

/** Told of a signal, with the exit code that it asks for. */
export type Interrupted = (signal: NodeJS.Signals, code: number) => void;

let interrupted: Interrupted = (_signal, code) => process.exit(code);
const running = new Map<number, NodeJS.Signals>();
let watching = false;

/** The signal at our end, unless it is over before. SIGTERM for one that has children of its own to end. */
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

/** Instead of ending at once at the first signal: whoever says so ends the process itself. The second one ends it. */
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
        // gone by itself
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
