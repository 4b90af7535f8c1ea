/**
 * What happens by itself: rows land and become visible, statements are applied, a producer writes on after a truncation
 * (all 'network': it gets there in the end), and faults, as often as the configuration allows.
 */
import type { Model } from './model.ts';
import { changeStream, close, greatestCheckpoints, newSet, SLOTS, streamAt } from './sink.ts';
import {
  type Emit,
  type Environment,
  GONE,
  type Log,
  NEVER,
  OPEN,
  type State,
  type StreamSet,
  type Update,
} from './state.ts';

export function environmentSteps(model: Model, state: State, emit: Emit): void {
  appendSteps(model, state, emit);
  updateSteps(model, state, emit);
  if (state.environment.streamLosses < model.config.streamLosses) streamLossSteps(model, state, emit);
  logSteps(model, state, emit);
}

/** Per stream, the next row on its way lands, or the next one that landed becomes visible. */
function appendSteps(model: Model, state: State, emit: Emit): void {
  const { sets } = state;
  for (let index = 0; index < sets.length; index++) {
    for (const slot of SLOTS) {
      const { status, rows, landed, visible } = streamAt(sets[index]!, slot);
      if (status === OPEN && landed < rows.length) {
        const next = changeStream(sets, index, slot, (stream) => ({
          ...stream,
          landed: landed + 1,
          visible: model.config.lag ? visible : landed + 1,
        }));
        emit('network', 'a row lands', { ...state, sets: next });
      }
      if (visible < landed) {
        const next = changeStream(sets, index, slot, (stream) => ({ ...stream, visible: visible + 1 }));
        emit('network', 'a row becomes visible', { ...state, sets: next });
      }
    }
  }
}

/** An UPDATE is applied if its condition holds; one that can never hold again is dropped when states are encoded. */
function updateSteps(model: Model, state: State, emit: Emit): void {
  const { ownership, sets, updates } = state;
  for (const update of updates) {
    const rest = updates.filter((other) => other !== update);
    if (update.kind === 'settings') {
      const history = [...ownership.history, update.entry];
      emit('network', 'settings are added', { ...state, ownership: { ...ownership, history }, updates: rest });
    } else if (update.expected === ownership.epoch || model.without.nocas) {
      const epoch = update.expected + 1;
      emit('network', 'a claim is applied', {
        ...state,
        ownership: { ...ownership, epoch, claimant: update.sender, listed: [...update.older, sets.length] },
        sets: [...sets, newSet(epoch, update.lost)],
        updates: rest,
      });
    }
  }
}

/** Streams are lost, all at once or one; the rows in them stay. */
function streamLossSteps(model: Model, state: State, emit: Emit): void {
  const environment = { ...state.environment, streamLosses: state.environment.streamLosses + 1 };
  const loseStream = close(GONE, !model.without.unsettled);
  if (!model.config.expire) {
    const lose = (set: StreamSet): StreamSet => ({
      epoch: set.epoch,
      data: [loseStream(set.data[0]), loseStream(set.data[1])],
      checkpoints: loseStream(set.checkpoints),
    });
    const orphan = (update: Update): Update => (update.kind === 'claim' ? { ...update, lost: true } : update);
    const next = { ...state, sets: state.sets.map(lose), updates: state.updates.map(orphan), environment };
    emit('fault', 'all streams are lost', next);
    return;
  }
  state.sets.forEach((set, index) => {
    for (const slot of SLOTS) {
      if (streamAt(set, slot).status === GONE) continue;
      const sets = changeStream(state.sets, index, slot, loseStream);
      emit('fault', 'a stream is lost', { ...state, sets, environment });
    }
  });
}

/** The log grows again after a truncation; or it loses records: retention, truncation, a recreated topic. */
function logSteps(model: Model, state: State, emit: Emit): void {
  const { log } = state.environment;
  const change = (changed: Partial<Log>): State => {
    const environment: Environment = { ...state.environment, log: { ...log, ...changed } };
    return { ...state, environment };
  };
  if (log.end < model.recordCount) emit('network', 'a record is produced', change({ end: log.end + 1 }));
  if (log.changes >= model.config.logFaults) return;

  const changes = log.changes + 1;
  const needed = oldestNeeded(state);
  for (let start = log.start + 1; start <= log.end; start++) {
    const damaged = log.damaged || start > needed;
    emit('fault', 'retention removes the oldest records', change({ start, changes, damaged }));
  }
  if (log.rewrittenFrom !== NEVER) return;
  const folded = foldedUpTo(state);
  for (let end = log.start; end < log.end; end++) {
    const damaged = log.damaged || folded > end;
    emit('fault', 'the newest records are lost', change({ end, rewrittenFrom: end, changes, damaged }));
  }
  if (log.start > 0) {
    const damaged = log.damaged || folded > 0;
    emit('fault', 'the topic is recreated', change({ start: 0, end: 0, rewrittenFrom: 0, changes, damaged }));
  }
}

/**
 * The oldest record that the owner or its successor still has to fold: that at the greatest checkpoint, or at an older
 * one that a takeover read while the greatest was not visible yet.
 */
function oldestNeeded({ sets, ownership, processes }: State): number {
  let oldest = greatestCheckpoints(sets)[0]!.checkpoint.nextOffset;
  processes.forEach((process, index) => {
    if (ownership.claimant !== index + 1) return;
    if (process.at === 'running') oldest = Math.min(oldest, process.next);
    if (process.at === 'reading-rows' || process.at === 'adding-settings') {
      oldest = Math.min(oldest, process.position.checkpoint.nextOffset);
    }
  });
  return oldest;
}

/** One past the last record that anybody folded and that left a trace: a process that knows it, a row, a checkpoint. */
function foldedUpTo({ sets, processes }: State): number {
  let upTo = 0;
  for (const process of processes) if (process.at === 'running') upTo = Math.max(upTo, process.next);
  for (const { data, checkpoints } of sets) {
    for (const { rows } of data) for (const { record } of rows) upTo = Math.max(upTo, record + 1);
    for (const { nextOffset } of checkpoints.rows) upTo = Math.max(upTo, nextOffset);
  }
  return upTo;
}
