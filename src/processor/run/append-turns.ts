/**
 * Bounds what a process has under way at its sink, over all its partitions. A sink that answers slowly is not asked more at
 * once: rows gather, and go in fewer and larger appends; claims and queries then find it free.
 *
 * Invariants: 1. a turn begins only while fewer than `most` appends are under way, and they begin in the order they were
 * asked for, urgent ones before the others; 2. what is done in a turn is synchronous: it may begin several appends, so that few more than `most` are under way.
 */
import type { PartitionWriter } from '../ports.ts';

interface Waiting {
  readonly go: () => void;
  readonly signal: AbortSignal;
}

export class AppendTurns {
  readonly #most: number;
  readonly #urgent: Waiting[] = [];
  readonly #waiting: Waiting[] = [];
  #underWay = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** Appends that are sent and not settled. */
  get underWay(): number {
    return this.#underWay;
  }

  /**
   * Calls `go`, now or when it is its turn; never once `signal` is aborted. `go` must not throw: it may run in another's call.
   * Urgent is what nobody asks for again and again, or the others would wait for ever.
   */
  ask(go: () => void, signal: AbortSignal, isUrgent = false): void {
    (isUrgent ? this.#urgent : this.#waiting).push({ go, signal });
    this.#pump();
  }

  /** The same writer, whose appends, those of checkpoints included, are counted until they are settled. */
  counted(writer: PartitionWriter): PartitionWriter {
    return {
      append: (table, slice, toOffset) => {
        const append = writer.append(table, slice, toOffset);
        this.#count(append.landed);
        return append;
      },
      beginCheckpoint: () => {
        const write = writer.beginCheckpoint();
        return (checkpoint) => this.#count(write(checkpoint));
      },
      outlived: () => writer.outlived(),
      close: () => writer.close(),
    };
  }

  #count(appended: Promise<void>): Promise<void> {
    this.#underWay += 1;
    const settled = (): void => {
      this.#underWay -= 1;
      this.#pump();
    };
    appended.then(settled, settled);
    return appended;
  }

  #pump(): void {
    while (this.#underWay < this.#most) {
      const next = this.#urgent.shift() ?? this.#waiting.shift();
      if (next === undefined) return;
      if (!next.signal.aborted) next.go();
    }
  }
}
