/**
 * The sink: what can be done to streams, and what queries over the tables say.
 *
 * It answers as the protocol needs it to (docs/protocol.md): offsets are enforced (a row lands once, in order per stream), nothing
 * lands after finalize, finalize's row count is exact, acknowledged means visible.
 */
import type { Model } from './model.ts';
import {
  type Checkpoint,
  FINALIZED,
  GONE,
  OPEN,
  type Position,
  type Row,
  replaceAt,
  replaceIn,
  type Stream,
  type StreamSet,
  type StreamStatus,
  TABLES,
  type Table,
} from './state.ts';

/** The streams of a set: of table A, of table B, of checkpoints. */
export type StreamSlot = Table | 2;
export const SLOTS: readonly StreamSlot[] = [0, 1, 2];

/** A set as its claim creates it; `lost` when its streams went before the claim was applied. */
export function newSet(epoch: number, lost = false): StreamSet {
  const stream = <T>(): Stream<T> => ({ status: lost ? GONE : OPEN, rows: [], landed: 0, visible: 0 });
  return { epoch, data: [stream(), stream()], checkpoints: stream() };
}

export function streamAt(set: StreamSet, slot: StreamSlot): Stream<Row> | Stream<Checkpoint> {
  return slot === 2 ? set.checkpoints : set.data[slot];
}

/** The sets with one stream changed. */
export function changeStream(
  sets: readonly StreamSet[],
  index: number,
  slot: StreamSlot,
  change: <T>(stream: Stream<T>) => Stream<T>,
): readonly StreamSet[] {
  const set = sets[index]!;
  const changed =
    slot === 2
      ? { ...set, checkpoints: change(set.checkpoints) }
      : { ...set, data: replaceIn(set.data, slot, change(set.data[slot])) };
  return replaceAt(sets, index, changed);
}

/**
 * Finalized or lost: what has not landed by now never will. Rows of a lost stream have settled by the time that it is
 * found lost: nothing else could tell how many there will be.
 */
export function close(status: StreamStatus, settled = status === GONE): <T>(stream: Stream<T>) => Stream<T> {
  return (stream) => ({
    status,
    rows: stream.rows.slice(0, stream.landed),
    landed: stream.landed,
    visible: settled ? stream.landed : stream.visible,
  });
}

/** Send rows; a stream that is not open takes none. */
export function sendRows(sets: readonly StreamSet[], index: number, table: Table, rows: readonly Row[]) {
  const set = sets[index]!;
  const stream = set.data[table];
  if (stream.status !== OPEN || rows.length === 0) return sets;
  const longer = { ...stream, rows: [...stream.rows, ...rows] };
  return replaceAt(sets, index, { ...set, data: replaceIn(set.data, table, longer) });
}

export function sendCheckpoint(sets: readonly StreamSet[], index: number, checkpoint: Checkpoint) {
  const set = sets[index]!;
  if (set.checkpoints.status !== OPEN) return sets;
  const longer = { ...set.checkpoints, rows: [...set.checkpoints.rows, checkpoint] };
  return replaceAt(sets, index, { ...set, checkpoints: longer });
}

const BEGINNING: Position = {
  checkpoint: { nextOffset: 0, streamOffsets: [0, 0], fingerprint: { record: -1, version: 0 } },
  writerEpoch: 0,
};

/** The visible checkpoint with the greatest next_offset; at a tie, each that differs. */
export function greatestCheckpoints(sets: readonly StreamSet[]): readonly Position[] {
  let top = BEGINNING.checkpoint.nextOffset;
  let found: Position[] = [];
  for (const { epoch, checkpoints } of sets) {
    for (let i = 0; i < checkpoints.visible; i++) {
      const checkpoint = checkpoints.rows[i]!;
      if (checkpoint.nextOffset < top) continue;
      if (checkpoint.nextOffset > top) found = [];
      top = checkpoint.nextOffset;
      if (!found.some((other) => samePosition(other, checkpoint, epoch))) {
        found.push({ checkpoint, writerEpoch: epoch });
      }
    }
  }
  return found.length > 0 ? found : [BEGINNING];
}

function samePosition({ checkpoint, writerEpoch }: Position, other: Checkpoint, epoch: number): boolean {
  return (
    writerEpoch === epoch &&
    checkpoint.streamOffsets[0] === other.streamOffsets[0] &&
    checkpoint.streamOffsets[1] === other.streamOffsets[1] &&
    checkpoint.fingerprint.version === other.fingerprint.version
  );
}

/** The visible rows of a table at or past an offset, in fold order. */
export function readTable(sets: readonly StreamSet[], table: Table, fromOffset: number): readonly Row[] {
  const found: Row[] = [];
  for (const set of sets) {
    const { rows, visible } = set.data[table];
    for (let i = 0; i < visible; i++) if (rows[i]!.record >= fromOffset) found.push(rows[i]!);
  }
  return found.sort((a, b) => a.code - b.code);
}

/** How many rows of a table at or past the checkpoint there must be, going by the row counts of finalize. */
export function promisedRows(
  model: Model,
  sets: readonly StreamSet[],
  older: readonly number[],
  table: Table,
  { checkpoint, writerEpoch }: Position,
): number {
  let total = 0;
  for (const index of older) {
    const { epoch, data } = sets[index]!;
    const stream = data[table];
    if (epoch < writerEpoch && !model.without.allepochs) continue;
    if (stream.status === FINALIZED) {
      total += stream.landed - (epoch === writerEpoch ? checkpoint.streamOffsets[table] : 0);
    } else {
      // Gone: there is no row count, so what the query says.
      for (let i = 0; i < stream.visible; i++) if (stream.rows[i]!.record >= checkpoint.nextOffset) total++;
    }
  }
  return total;
}

/** Whether waiting longer can make queries and row counts agree. */
export function mayAgree(model: Model, sets: readonly StreamSet[], older: readonly number[], position: Position) {
  return (
    sets.some((set) => set.data.some((stream) => stream.visible < stream.landed)) ||
    TABLES.every(
      (table) =>
        readTable(sets, table, position.checkpoint.nextOffset).length ===
        promisedRows(model, sets, older, table, position),
    )
  );
}

/** F: one past the last record that has a row there, or C. */
export function firstUnwritten(nextOffset: number, found: readonly (readonly Row[])[]): number {
  let first = nextOffset;
  for (const rows of found) for (const row of rows) first = Math.max(first, row.record + 1);
  return first;
}
