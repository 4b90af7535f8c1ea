/**
 * The rows of one partition, under one claim, on their way into one table: in order, until a commit takes them.
 *
 * Invariants: 1. only whole records are given to a commit; 2. after a failure everything that waits fails, and all that comes.
 */
import { WriterLostError } from '../../../base/errors.ts';
import type { EncodedPiece } from '../files/row-encoder.ts';
import type { PartitionRef } from '../takeover/positions.ts';

export interface LanePlace extends PartitionRef {
  readonly epoch: number;
}

/** Rows of one append. */
export interface LanePiece {
  readonly rows: EncodedPiece;
  readonly byteLength: number;
  readonly lastOffset: number;
  /** With these rows, all of the table's rows of records below it are handed over. */
  readonly toOffset: number;
  /** Of the last row. */
  readonly print: () => number;
}

interface Waiting extends LanePiece {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** What a commit says of one partition: its rows of records [from, to). */
export interface LanePart {
  readonly lane: Lane;
  readonly from: number;
  readonly to: number;
  readonly print: number;
  readonly pieces: readonly Waiting[];
}

export class Lane {
  readonly place: LanePlace;
  /** `next` of the table, as this owner committed it last. */
  #next: number;
  #nextAtEnd: number;
  #waiting: Waiting[] = [];
  /** Of those that wait, how many are whole records, and all of these: rows and bytes. */
  #whole = 0;
  #rowCount = 0;
  #byteLength = 0;
  #failure: Error | undefined;
  /** Pieces that came when somebody began to wait for all of them. */
  #awaited = 0;
  readonly #onChange: () => void;

  constructor(place: LanePlace, next: number, onChange: () => void) {
    this.place = place;
    this.#next = next;
    this.#nextAtEnd = next;
    this.#onChange = onChange;
  }

  get next(): number {
    return this.#next;
  }

  /** `next` once all that was handed over is in, the commit in flight included. */
  get nextAtEnd(): number {
    return this.#nextAtEnd;
  }

  get hasWhole(): boolean {
    return this.#whole > 0;
  }

  get rowCount(): number {
    return this.#rowCount;
  }

  get byteLength(): number {
    return this.#byteLength;
  }

  /** Somebody waits for everything that is here. */
  get isAwaited(): boolean {
    return this.#awaited >= this.#waiting.length;
  }

  /** Resolves when the rows are in the table. */
  add(piece: LanePiece): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) {
        piece.rows.lease.release();
        reject(this.#failure);
        return;
      }
      this.#waiting.push({ ...piece, resolve, reject });
      this.#nextAtEnd = piece.toOffset;
      this.#rowCount += piece.rows.rowCount;
      this.#byteLength += piece.byteLength;
      if (piece.toOffset > piece.lastOffset) this.#whole = this.#waiting.length;
      this.#onChange();
    });
  }

  /** The caller waits for all that was handed over up to now. */
  await(): void {
    this.#awaited = this.#waiting.length;
    this.#onChange();
  }

  /** All whole records that wait. */
  take(): LanePart | undefined {
    if (this.#whole === 0) return undefined;
    const pieces = this.#waiting.splice(0, this.#whole);
    this.#awaited = Math.max(0, this.#awaited - pieces.length);
    this.#whole = 0;
    for (const { rows, byteLength } of pieces) {
      this.#rowCount -= rows.rowCount;
      this.#byteLength -= byteLength;
    }
    const last = pieces.at(-1)!;
    return { lane: this, from: this.#next, to: last.toOffset, print: last.print(), pieces };
  }

  landed({ to, pieces }: LanePart): void {
    this.#next = to;
    for (const { resolve } of pieces) resolve();
  }

  fail(error: Error, part?: LanePart): void {
    this.#failure ??= error;
    const waiting = this.#waiting;
    this.#waiting = [];
    [this.#whole, this.#rowCount, this.#byteLength, this.#awaited] = [0, 0, 0, 0];
    for (const { reject } of part?.pieces ?? []) reject(this.#failure);
    for (const { reject, rows } of waiting) {
      rows.lease.release();
      reject(this.#failure);
    }
  }

  /** Drops what waits. A commit in flight is finished. */
  close(): void {
    const { topic, partition, epoch } = this.place;
    this.fail(new WriterLostError('gone', `${topic}, partition ${partition}: the writer of epoch ${epoch} was closed`));
  }
}
