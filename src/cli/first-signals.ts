/** SIGINT and SIGTERM until a command listens for itself. Imports nothing, so it works from the first moment on. */

/** 128 and the signal's number, as a shell shows it. */
export const SIGNAL_EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

export const STOP_SIGNALS = ['SIGINT', 'SIGTERM'] as const;
export type StopSignalName = (typeof STOP_SIGNALS)[number];

export function endAtOnce(name: StopSignalName): void {
  process.exit(SIGNAL_EXIT_CODES[name]);
}

/**
 * Ends the process on either signal. That is their default, except for the first process of a container: there the
 * kernel ignores them, and the container runtime waits until it may kill.
 */
export function endOnSignals(): void {
  // Once, even if several programs are made in this process.
  for (const name of STOP_SIGNALS)
    if (!process.listeners(name).some((listener) => listener === endAtOnce)) process.on(name, endAtOnce);
}
