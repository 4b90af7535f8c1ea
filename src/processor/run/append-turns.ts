/**
 * Bounds the appends that a process has in flight at its sink, over all its partitions. A slow sink does not get
 * more requests at once: rows gather and go out in fewer and larger appends, which leaves room for claims and queries.
 *
 * Invariants: 1. a turn begins only while fewer than `most` appends, and fewer than `mostBytes` of them, are in flight; 2. turns begin in the order they
 * were asked for, urgent ones before the others; 3. the work of a turn is synchronous. It may begin several appends, so
 * that slightly more than `most` are in flight.
 */
import type { PartitionWriter } from '../ports.ts';

interface Waiting {
  readonly go: () => void;
  readonly signal: AbortSignal;
}

export class AppendTurns {
  readonly #most: number;
  readonly #mostBytes: number;
  readonly #urgent: Waiting[] = [];
  readonly #waiting: Waiting[] = [];
  #underWay = 0;
  #bytesUnderWay = 0;

  constructor(most: number, mostBytes = Number.POSITIVE_INFINITY) {
    this.#most = most;
    this.#mostBytes = mostBytes;
  }

  /** Appends that are sent and not settled. */
  get underWay(): number {
    return this.#underWay;
  }

  /**
   * Calls `go`, now or when it is its turn, but never once `signal` is aborted. `go` must not throw: it may run inside
   * the call of another caller. A caller must not ask for urgent turns repeatedly, or the others would wait forever.
   */
  ask(go: () => void, signal: AbortSignal, isUrgent = false): void {
    (isUrgent ? this.#urgent : this.#waiting).push({ go, signal });
    this.#pump();
  }

  /** The same writer, with its appends counted until they are settled. Checkpoints count as appends. */
  counted(writer: PartitionWriter): PartitionWriter {
    return {
      append: (table, slice, toOffset) => {
        const append = writer.append(table, slice, toOffset);
        this.#count(append.landed, append.byteLength);
        return append;
      },
      beginCheckpoint: () => {
        const write = writer.beginCheckpoint();
        return (checkpoint) => this.#count(write(checkpoint), 0);
      },
      outlived: () => writer.outlived(),
      close: () => writer.close(),
    };
  }

  #count(appended: Promise<void>, byteLength: number): Promise<void> {
    this.#underWay += 1;
    this.#bytesUnderWay += byteLength;
    const settled = (): void => {
      this.#underWay -= 1;
      this.#bytesUnderWay -= byteLength;
      this.#pump();
    };
    appended.then(settled, settled);
    return appended;
  }

  #pump(): void {
    while (this.#underWay < this.#most && this.#bytesUnderWay < this.#mostBytes) {
      const next = this.#urgent.shift() ?? this.#waiting.shift();
      if (next === undefined) return;
      if (!next.signal.aborted) next.go();
    }
  }
}
