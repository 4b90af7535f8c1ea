/**
 * A process that holds the partition: reading the log, writing checkpoints, being refused, and a rebalance that leaves
 * the partition where it was.
 */
import { foldAll, foldNext, logContradicts, mustCheckLog } from './fold.ts';
import { rewrittenFromOf } from './model.ts';
import type { Moves } from './moves.ts';
import { firstUnwritten, newSet, SLOTS, sendCheckpoint, streamAt } from './sink.ts';
import {
  type Checkpoint,
  NEVER,
  OPEN,
  type Position,
  type Row,
  type Running,
  type SettingsEntry,
  type Stream,
  TABLES,
} from './state.ts';

/** What a takeover found out. */
export interface Found {
  readonly own: number;
  readonly view: readonly SettingsEntry[];
  readonly position: Position;
  readonly found: readonly (readonly Row[])[];
}

/** Steps 6 and 7: fold from C. */
export function beginRunning(moves: Moves, { own, view, position, found }: Found): void {
  const { model, state } = moves;
  const { nextOffset, fingerprint } = position.checkpoint;
  const { log } = state.environment;
  const compared = model.without.nocompare ? [[], []] : found;
  const process: Running = {
    at: 'running',
    own,
    view,
    noCheckpointBelow: firstUnwritten(nextOffset, found),
    began: nextOffset,
    skipped: [compared[0]!.length, compared[1]!.length],
    next: nextOffset,
    left: [compared[0]!, compared[1]!],
    rewrittenFrom: rewrittenFromOf(fingerprint),
    logChecked: model.foldsAtOnce || model.without.nologcheck ? log.changes : NEVER,
    hold: 'active',
  };
  if (!model.foldsAtOnce) {
    moves.go('begins to fold', process);
    return;
  }
  const folded = foldAll(model, log, process, state.sets);
  if (folded) moves.go('folds and sends rows', folded.process, { sets: folded.sets });
  else moves.stop('a row there is not what the fold yields');
}

/** All steps of a process that holds the partition, or thinks so. */
export function run(moves: Moves, process: Running): void {
  if (process.hold === 'revoked') {
    comeBack(moves, process);
    return;
  }
  const set = moves.state.sets[process.own]!;
  if (SLOTS.some((slot) => streamAt(set, slot).status !== OPEN)) beRefused(moves, process);
  if (!moves.model.foldsAtOnce) readLog(moves, process);
  writeCheckpoints(moves, process);
}

/** A rebalance gave the partition back: streams, position and rows on their way are as they were. */
function comeBack(moves: Moves, process: Running): void {
  const { model, state } = moves;
  if (model.without.rewind) {
    // Goes back to where Kafka's group offset is, as a plain consumer does.
    const rewound = {
      ...process,
      view: state.ownership.history,
      next: process.began,
      left: [[], []],
      hold: 'active',
    } as const;
    const folded = foldAll(model, state.environment.log, rewound, state.sets);
    if (folded) moves.go('has it back, reads from its group offset', folded.process, { sets: folded.sets });
  } else {
    moves.go('has it back, continues', { ...process, hold: model.without.keepdead ? 'kept-blindly' : 'active' });
  }
}

/** An append is refused: somebody took over, or the stream is lost. Always a new claim. */
function beRefused(moves: Moves, process: Running): void {
  const { ownership, sets } = moves.state;
  if (moves.ours && moves.model.without.oldepoch) {
    // One more set of streams at this epoch, put on the list, without a claim.
    const listed = [...ownership.listed, sets.length];
    moves.go(
      'opens new streams at its epoch',
      { at: 'fencing', setting: 0, own: sets.length, older: ownership.listed, view: ownership.history },
      { ownership: { ...ownership, listed }, sets: [...sets, newSet(ownership.epoch)] },
    );
  } else if (process.hold !== 'kept-blindly') {
    moves.startOver('is refused an append, drops the partition');
  }
}

/** Check the log where that is due, else fold one record. */
function readLog(moves: Moves, process: Running): void {
  const { model, state } = moves;
  const { log } = state.environment;
  if (mustCheckLog(model, log, process)) {
    if (logContradicts(model, log, process)) moves.stop('the log is not what it was');
    else moves.go('finds the log in order', { ...process, logChecked: log.changes });
  } else if (process.next < log.start) {
    if (model.without.gapjump) moves.go("jumps to the log's start", { ...process, next: log.start });
    else moves.stop('a retention gap');
  } else if (process.next < log.end) {
    const folded = foldNext(model, log, process, state.sets);
    if (folded) moves.go('folds a record, sends its rows', folded.process, { sets: folded.sets });
    else moves.stop('a row there is not what the fold yields');
  }
}

/** A checkpoint at C once every row of the records below C is acknowledged, never below F. */
function writeCheckpoints(moves: Moves, process: Running): void {
  const { model, state } = moves;
  const { own, began, skipped, next, rewrittenFrom } = process;
  const { data, checkpoints } = state.sets[own]!;
  if (checkpoints.status !== OPEN) return;
  const last = greatestSent(checkpoints, began - 1);
  const lowest = Math.max(last + 1, model.without.nofrule ? 0 : process.noCheckpointBelow);
  for (let nextOffset = lowest; nextOffset <= next; nextOffset++) {
    const needed = TABLES.map((table) =>
      Math.max(0, model.countRows(table, began, nextOffset, rewrittenFrom) - skipped[table]),
    ) as [number, number];
    const acknowledged: [number, number] = [data[0].visible, data[1].visible];
    if (TABLES.some((table) => acknowledged[table] < needed[table]) && !model.without.earlyckpt) continue;
    const checkpoint: Checkpoint = {
      nextOffset,
      streamOffsets: model.without.lateoffset ? acknowledged : needed,
      fingerprint: model.lastRecordBelow(nextOffset, rewrittenFrom),
    };
    moves.go('writes a checkpoint', process, { sets: sendCheckpoint(state.sets, own, checkpoint) });
  }
}

function greatestSent({ rows }: Stream<Checkpoint>, otherwise: number): number {
  return rows.reduce((greatest, { nextOffset }) => Math.max(greatest, nextOffset), rows.length > 0 ? -1 : otherwise);
}
