/**
 * Memory that several owners share up to a common limit. A request for more than is left waits, first come first
 * served. A part larger than the limit is handed out alone.
 */
export class MemoryShare {
  readonly #maxBytes: number;
  readonly #queue: { readonly bytes: number; readonly go: () => void }[] = [];
  #heldBytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /**
   * Resolves with a function that returns the memory, to be called once; rejects with signal.reason, and then holds
   * nothing.
   */
  take(bytes: number, signal: AbortSignal): Promise<() => void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(signal.reason);
        return;
      }
      const asked = {
        bytes,
        go: (): void => {
          signal.removeEventListener('abort', onAbort);
          this.#heldBytes += bytes;
          resolve(() => {
            this.#heldBytes -= bytes;
            this.#handOut();
          });
        },
      };
      const onAbort = (): void => {
        this.#queue.splice(this.#queue.indexOf(asked), 1);
        reject(signal.reason);
        this.#handOut();
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#queue.push(asked);
      this.#handOut();
    });
  }

  #handOut(): void {
    for (;;) {
      const next = this.#queue[0];
      if (next === undefined) return;
      if (this.#heldBytes > 0 && this.#heldBytes + next.bytes > this.#maxBytes) return;
      this.#queue.shift();
      next.go();
    }
  }
}
