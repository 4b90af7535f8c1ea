/** SIGINT and SIGTERM until a command listens for itself. Imports nothing: it counts from the first moment on. */

/** 128 and the signal's number, as a shell shows it. */
export const SIGNAL_EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

export const STOP_SIGNALS = ['SIGINT', 'SIGTERM'] as const;
export type StopSignalName = (typeof STOP_SIGNALS)[number];

export function endAtOnce(name: StopSignalName): void {
  process.exit(SIGNAL_EXIT_CODES[name]);
}

/**
 * Ends the process on either signal. That is what they do by default, except to the first process of a container: there the
 * kernel drops them, and whoever stops it waits until it may kill.
 */
export function endOnSignals(): void {
  // Once, however many programs are made in this process.
  for (const name of STOP_SIGNALS)
    if (!process.listeners(name).some((listener) => listener === endAtOnce)) process.on(name, endAtOnce);
}
