/** A takeover of one partition: claim, fences in the tables, then its settings. */
import type { DeltaMoves } from './moves.ts';
import { positioned } from './moves.ts';
import { positionsIn } from './network-steps.ts';
import { K, type Phase, TABLE_NAMES } from './state.ts';

export function takeoverSteps(moves: DeltaMoves, partition: number): void {
  const phase = moves.process.phases[partition]!;
  switch (phase.at) {
    case 'start':
      sendClaim(moves, partition);
      break;
    case 'fence':
      fence(moves, partition, phase);
      break;
    case 'settings':
      sendEntry(moves, partition, phase);
      break;
    case 'claim':
    case 'run':
      break;
    default:
      phase satisfies never;
  }
}

/** One commit on the version that was read: epoch e to e + 1. */
function sendClaim(moves: DeltaMoves, partition: number): void {
  const { model, state, process } = moves;
  const { epoch, history } = state.tables.ownership[partition]!;
  if (epoch >= model.config.claims || process.puts[model.control]) return;
  const item = {
    kind: 'claim',
    partition,
    epoch: epoch + 1,
    history: model.without.stalehistory ? history.slice(0, 1) : history,
    position: model.control === K ? state.tables.fenced[K][partition]!.position : -1,
  } as const;
  for (const setting of model.settings) {
    moves.send('sends a claim', model.control, [item], { at: 'claim', setting });
  }
}

/** A fence in every table, each of which says how far the table is; a higher epoch there is another owner's. */
function fence(moves: DeltaMoves, partition: number, phase: Phase & { at: 'fence' }): void {
  const { model, state, process } = moves;
  const { epoch, found, early, setting, history } = phase;
  const missing = model.fences.filter((table) => found[table] < 0);
  for (const table of missing) {
    if (process.puts[table]) continue;
    const part = state.tables.fenced[table][partition]!;
    if (part.epoch > epoch) {
      moves.drop(`finds ${TABLE_NAMES[table]} fenced by another`, partition);
    } else if (part.epoch === epoch) {
      const known = found.map((at, index) => (index === table ? part.position : at)) as unknown as typeof found;
      moves.enter('finds its fence there', partition, { ...phase, found: known }, table);
    } else {
      moves.send('sends a fence', table, [{ kind: 'fence', partition, epoch, position: part.position }]);
    }
  }
  if (missing.length > 0) return;
  const now = positionsIn(state.tables, partition);
  const known = found.map((at, index) => (at < 0 ? now[index]! : at)) as unknown as typeof found;
  moves.enter('has all fences in', partition, positioned(setting, epoch, history, early ?? known));
}

/** Ours differ from the history's last: an entry from F on, on condition that the claim holds. */
function sendEntry(moves: DeltaMoves, partition: number, phase: Phase & { at: 'settings' }): void {
  const { model, state, process } = moves;
  const { epoch, history, position, setting } = phase;
  const ownership = state.tables.ownership[partition]!;
  if (ownership.epoch !== epoch) {
    moves.drop('finds its claim lost', partition);
    return;
  }
  if (process.puts[model.control]) return;
  if (ownership.history.length > history.length) {
    moves.drop('finds another history', partition);
    return;
  }
  const entry = { from: position.first, setting };
  const ran: Phase = { at: 'run', epoch, history: [...history, entry], position };
  moves.send(
    'sends a settings entry',
    model.control,
    [{ kind: 'entry', partition, epoch, entry }],
    model.without.entryfirst ? ran : phase,
  );
}
