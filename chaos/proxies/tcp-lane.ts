/**
 * One direction of one proxied connection: takes bytes from one socket, holds them as the state of the network says, and
 * gives them to the other, in order. Holds HELD_BYTES_MAX at most; past that it stops reading.
 */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** State of the network, read by every lane for every chunk. */
export interface NetworkState {
  delayMs: number;
  /** Per connection and direction; 0: no limit. */
  bytesPerSecond: number;
  blackHole: boolean;
}

export interface TcpLaneOptions {
  readonly from: Socket;
  readonly to: Socket;
  readonly network: NetworkState;
  /** Added to. */
  readonly counts: { bytesHeld: number; bytesPassed: number };
  /** The change asked for the end of the connection. */
  readonly onCut: () => void;
  readonly change: ((bytes: Buffer) => Buffer | 'cut') | undefined;
}

interface Held {
  /** Undefined: the sender has ended its side. */
  readonly bytes: Buffer | undefined;
  readonly arrivedMs: number;
}

export const HELD_BYTES_MAX = 256 * 1024;
/** A throttled lane passes this much time's worth of bytes at once. */
const SLICE_MS = 50;

export class TcpLane {
  readonly #options: TcpLaneOptions;
  readonly #held: Held[] = [];
  #heldBytes = 0;
  #pumping = false;
  #muted = false;
  #healed = new AbortController();

  constructor(options: TcpLaneOptions) {
    this.#options = options;
    const { from } = options;
    from.on('data', (bytes: Buffer) => this.#take(bytes));
    from.once('end', () => this.#hold(undefined));
  }

  /** Nothing passes from now on; the caller ends the sockets. */
  mute(): void {
    this.#muted = true;
    this.#held.length = 0;
    this.#options.from.pause();
    this.wake();
  }

  /** The state of the network has changed: what waits looks again. */
  wake(): void {
    this.#healed.abort();
    this.#healed = new AbortController();
    void this.#pump();
  }

  #take(bytes: Buffer): void {
    if (this.#muted) return;
    const changed = this.#options.change === undefined ? bytes : this.#options.change(bytes);
    if (changed === 'cut') this.#options.onCut();
    else if (changed.length > 0) this.#hold(changed);
  }

  #hold(bytes: Buffer | undefined): void {
    if (this.#muted) return;
    this.#held.push({ bytes, arrivedMs: performance.now() });
    this.#heldBytes += bytes?.length ?? 0;
    const { network, counts, from } = this.#options;
    if (network.blackHole || network.delayMs > 0 || network.bytesPerSecond > 0) counts.bytesHeld += bytes?.length ?? 0;
    if (this.#heldBytes >= HELD_BYTES_MAX) from.pause();
    void this.#pump();
  }

  async #pump(): Promise<void> {
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      while (this.#held.length > 0 && !this.#options.network.blackHole) await this.#passFirst(this.#held[0]!);
    } finally {
      this.#pumping = false;
    }
  }

  async #passFirst(first: Held): Promise<void> {
    const { network, from, to, counts } = this.#options;
    const dueInMs = first.arrivedMs + network.delayMs - performance.now();
    if (dueInMs > 0 && !(await this.#waited(dueInMs))) return; // something changed: look again
    this.#held.shift();
    if (first.bytes === undefined) {
      to.end();
      return;
    }
    for (const slice of this.#slices(first.bytes)) {
      if (network.bytesPerSecond > 0) await this.#waited((slice.length / network.bytesPerSecond) * 1000);
      if (this.#muted || to.destroyed) return;
      counts.bytesPassed += slice.length;
      if (!to.write(slice)) await drained(to);
    }
    this.#heldBytes -= first.bytes.length;
    if (this.#heldBytes < HELD_BYTES_MAX && !this.#muted) from.resume();
  }

  *#slices(bytes: Buffer): Generator<Buffer> {
    const { bytesPerSecond } = this.#options.network;
    const size = bytesPerSecond === 0 ? bytes.length : Math.max(1, Math.ceil((bytesPerSecond * SLICE_MS) / 1000));
    for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size);
  }

  /** False when the network changed meanwhile. */
  async #waited(ms: number): Promise<boolean> {
    return sleep(ms, true, { signal: this.#healed.signal }).catch(() => false);
  }
}

/** Or closed. Leaves no listener behind: there is one wait for every full buffer. */
async function drained(to: Socket): Promise<void> {
  const over = new AbortController();
  const { signal } = over;
  await Promise.race([once(to, 'drain', { signal }), once(to, 'close', { signal })]).catch(() => {});
  over.abort();
}
