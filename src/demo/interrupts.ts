/** Ctrl-C and SIGTERM as an abort: the first one ends the run in order, a second one ends the process at once. */

/** 128 + SIGINT, as in shells. */
export const INTERRUPTED_EXIT = 130;

export class Interruption extends Error {
  readonly signalName: string;
  constructor(name: NodeJS.Signals) {
    super(`stopped by ${name}`);
    this.name = 'Interruption';
    this.signalName = name === 'SIGINT' ? 'Ctrl-C' : name;
  }
}

export function interrupts(): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController();
  const onSignal = (name: NodeJS.Signals): void => {
    if (controller.signal.aborted) process.exit(INTERRUPTED_EXIT);
    controller.abort(new Interruption(name));
  };
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, onSignal);
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      for (const name of ['SIGINT', 'SIGTERM'] as const) process.off(name, onSignal);
    },
  };
}
