/** Processes that a benchmark starts end with it, however it ends: also by a signal, as from a time limit or ^C. */

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
    process.once(signal, () => process.exit(128 + number));
  }
}
