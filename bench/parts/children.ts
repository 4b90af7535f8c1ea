/** Processes that a benchmark starts end with it, however it ends: also by a signal, as from a time limit or ^C. */

const running = new Set<number>();
let watching = false;

/** SIGKILL at our end, unless it is over before. */
export function endsWithUs(pid: number | undefined, over: Promise<unknown>): void {
  if (pid === undefined) return;
  watch();
  running.add(pid);
  over.finally(() => running.delete(pid)).catch(() => {});
}

function watch(): void {
  if (watching) return;
  watching = true;
  process.on('exit', () => {
    for (const pid of running) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // gone by itself
      }
    }
  });
  for (const [signal, number] of [['SIGINT', 2] as const, ['SIGTERM', 15] as const, ['SIGHUP', 1] as const]) {
    process.once(signal, () => process.exit(128 + number));
  }
}
