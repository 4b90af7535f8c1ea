/**
 * Taking over a partition: steps 1 to 5 (docs/protocol.md), and the settings entry. Step 2 (creating streams) is
 * part of the claim here: nothing is appended to them before it is won.
 */
import type { Moves } from './moves.ts';
import {
  changeStream,
  close,
  firstUnwritten,
  greatestCheckpoints,
  mayAgree,
  newSet,
  promisedRows,
  readTable,
  SLOTS,
  streamAt,
} from './sink.ts';
import {
  type AddingSettings,
  type Claiming,
  type ClaimUpdate,
  type Fencing,
  FINALIZED,
  OPEN,
  type OwnershipRead,
  type ReadingRows,
  replaceIn,
} from './state.ts';
import { beginRunning } from './writing-steps.ts';

/** Step 1. A process comes up with either setting, at any time: Kafka gave it the partition, or it thinks so. */
export function readOwnership(moves: Moves): void {
  const { epoch, listed, history } = moves.state.ownership;
  const { config, settings, without } = moves.model;
  if (epoch >= config.claims) return;
  for (const setting of settings) {
    const view = without.stalehistory ? history : [];
    moves.go('reads ownership', { at: 'ownership-read', setting, expected: epoch, older: listed, view });
  }
}

/** Steps 2 and 3: prune the list of streams by the greatest checkpoint's writer, send the claim. */
export function sendClaim(moves: Moves, process: OwnershipRead): void {
  const { sets, updates } = moves.state;
  const { without } = moves.model;
  const { expected } = process;
  for (const { writerEpoch } of greatestCheckpoints(sets)) {
    const oldestKept = without.forget ? expected + 1 : without.prune ? expected : writerEpoch;
    const older = process.older.filter((index) => sets[index]!.epoch >= oldestKept);
    const claim: ClaimUpdate = { kind: 'claim', sender: moves.self, expected, older, lost: false };
    moves.go('sends a claim', { ...process, at: 'claiming', older }, { updates: [...updates, claim] });
  }
}

/** Step 3: the claim is cancelled and awaited, or just awaited; what the row says then decides, not the answer. */
export function readClaimBack(moves: Moves, process: Claiming): void {
  const { ownership, sets, updates } = moves.state;
  const { without } = moves.model;
  const { setting, expected, older, view } = process;
  const others = updates.filter((update) => update.kind !== 'claim' || update.sender !== moves.self);
  if (others.length < updates.length) {
    if (without.nocancel) moves.startOver('leaves its claim to itself');
    else moves.go('cancels its claim', process, { updates: others });
  } else if (moves.ours) {
    const own = ownership.listed.at(-1)!;
    const known = view.length > 0 ? view : ownership.history;
    moves.go('finds its claim', { at: 'fencing', setting, own, older, view: known });
  } else if (without.count) {
    // The answer was lost, and is taken for "one row changed".
    const fencing: Fencing = { at: 'fencing', setting, own: sets.length, older, view: ownership.history };
    moves.go('takes the claim for won', fencing, { sets: [...sets, newSet(expected + 1)] });
  } else {
    moves.startOver('finds another claim');
  }
}

/** Step 4, in any order; then C of step 5. */
export function finalizeOlder(moves: Moves, process: Fencing): void {
  const { sets } = moves.state;
  const { setting, own, older, view } = process;
  let open = false;
  for (const index of older) {
    for (const slot of SLOTS) {
      if (moves.model.without.nofin || streamAt(sets[index]!, slot).status !== OPEN) continue;
      open = true;
      moves.go('finalizes a stream', process, { sets: changeStream(sets, index, slot, close(FINALIZED)) });
    }
  }
  if (open) return;
  for (const position of greatestCheckpoints(sets)) {
    moves.go('reads the checkpoint', {
      at: 'reading-rows',
      setting,
      own,
      older,
      view,
      position,
      found: [],
      surplus: [0, 0],
    });
  }
}

/** Step 5: the rows at or past C, table after table, until they are as many as the row counts say. */
export function readRows(moves: Moves, process: ReadingRows): void {
  const { sets } = moves.state;
  const { model } = moves;
  const { setting, own, older, view, position } = process;
  const table = process.found.length === 0 ? 0 : 1;
  const found = [...process.found, readTable(sets, table, position.checkpoint.nextOffset)];
  const difference = found[table]!.length - promisedRows(model, sets, older, table, position);
  const surplus = replaceIn(process.surplus, table, difference);
  if (table === 0) {
    moves.go('reads table A', { ...process, found, surplus });
    return;
  }
  const agree = model.without.total ? surplus[0] + surplus[1] === 0 : surplus.every((count) => count === 0);
  if (!agree && !model.without.nowait) {
    moves.go('reads other counts than promised: waits', { ...process, found: [], surplus: [0, 0] });
    moves.go('reads the checkpoint again', { at: 'fencing', setting, own, older, view });
    const helpless = !(moves.ours && mayAgree(model, sets, older, position));
    if (helpless && !model.without.blindwait) moves.stop('row counts differ and will not agree');
  } else if (setting === view.at(-1)!.setting) {
    beginRunning(moves, { own, view, position, found });
  } else {
    const entry = { from: firstUnwritten(position.checkpoint.nextOffset, found), setting };
    const update = { kind: 'settings', sender: moves.self, epoch: sets[own]!.epoch, entry } as const;
    const next: AddingSettings = { at: 'adding-settings', entry, own, view, position, found };
    moves.go('sends its settings', next, { updates: [...moves.state.updates, update] });
  }
}

/** The settings entry is read back before the first append. */
export function readSettingsBack(moves: Moves, process: AddingSettings): void {
  const { entry, own, view, position, found } = process;
  if (!moves.ours) {
    moves.startOver('lost the partition while adding its settings');
  } else if (!moves.state.updates.some((update) => update.kind === 'settings' && update.sender === moves.self)) {
    beginRunning(moves, { own, view: [...view, entry], position, found });
  }
}
