/**
 * What must hold in every state, and what counts as finished. These know the whole world; no process does.
 *
 * They share with the steps only what the fold yields for a record (model.ts): what the guarantee is measured against.
 */
import { type Model, settingFor } from './model.ts';
import type { ProcessIndex, Violation } from './search/system.ts';
import { SLOTS, streamAt } from './sink.ts';
import { NEVER, OPEN, ownerOf, type Row, type State, TABLES } from './state.ts';

export type ViolationKind =
  | 'duplicate-row'
  | 'missing-row'
  | 'wrong-settings'
  | 'mixed-log'
  | 'false-stop'
  | 'dead-end';

/** The first rule that a state breaks. */
export function violationIn(model: Model, state: State): Violation<ViolationKind> | undefined {
  return falseStop(state) ?? wrongRows(state) ?? mixedLog(model, state) ?? missingRows(model, state);
}

function falseStop({ processes, environment }: State): Violation<ViolationKind> | undefined {
  if (environment.log.damaged || processes.every(({ at }) => at !== 'stopped')) return undefined;
  return {
    kind: 'false-stop',
    message: 'a process stopped with an error, and nothing is wrong with the log or the sink',
  };
}

/** No row twice, and every row is as the settings history says. */
function wrongRows(state: State): Violation<ViolationKind> | undefined {
  for (const table of TABLES) {
    const seen = new Set<number>();
    for (const row of landedRows(state, table)) {
      const identity = row.record * 8 + row.index;
      if (seen.has(identity)) {
        return { kind: 'duplicate-row', message: `row ${row.record}.${row.index} is twice in table ${'AB'[table]}` };
      }
      seen.add(identity);
      if (row.setting !== settingFor(state.ownership.history, row.record)) {
        const message = `row ${row.record}.${row.index} has setting ${row.setting}, the settings history says otherwise`;
        return { kind: 'wrong-settings', message };
      }
    }
  }
  return undefined;
}

/** Below the greatest checkpoint all rows and checkpoints come from one log, whether or not it is there still. */
function mixedLog(model: Model, state: State): Violation<ViolationKind> | undefined {
  const { rewrittenFrom } = state.environment.log;
  if (model.foldsAtOnce || rewrittenFrom === NEVER) return undefined;
  const { nextOffset: below } = greatestLanded(state);
  let before: number | undefined;
  let after: number | undefined;
  const witness = (record: number, version: number) => {
    if (version === 1) after = record;
    else if (record >= rewrittenFrom) before = record;
  };
  for (const table of TABLES) {
    for (const row of landedRows(state, table)) if (row.record < below) witness(row.record, row.version);
  }
  for (const { checkpoints } of state.sets) {
    for (const { fingerprint } of checkpoints.rows.slice(0, checkpoints.landed)) {
      witness(fingerprint.record, fingerprint.version);
    }
  }
  if (before === undefined || after === undefined) return undefined;
  const message = `below checkpoint ${below}, record ${before} is as it was before the log changed and record ${after} as after`;
  return { kind: 'mixed-log', message };
}

/** All rows of the records below a checkpoint are visible. */
function missingRows(model: Model, state: State): Violation<ViolationKind> | undefined {
  const { nextOffset, rewritten } = greatestLanded(state);
  const { rewrittenFrom } = state.environment.log;
  for (const table of TABLES) {
    const visible = new Set<number>();
    for (const { data } of state.sets) {
      for (let i = 0; i < data[table].visible; i++)
        visible.add(data[table].rows[i]!.record * 8 + data[table].rows[i]!.index);
    }
    for (let record = 0; record < nextOffset; record++) {
      for (const row of model.rowsOf(table, record, 0, rewritten && record >= rewrittenFrom ? 1 : 0)) {
        if (visible.has(row.record * 8 + row.index)) continue;
        const message = `row ${row.record}.${row.index} of table ${'AB'[table]} is missing below checkpoint ${nextOffset}`;
        return { kind: 'missing-row', message };
      }
    }
  }
  return undefined;
}

function landedRows({ sets }: State, table: 0 | 1): Row[] {
  const rows: Row[] = [];
  for (const { data } of sets) for (let i = 0; i < data[table].landed; i++) rows.push(data[table].rows[i]!);
  return rows;
}

/** The greatest checkpoint in the table, visible or not, and whether it was folded from a rewritten log. */
function greatestLanded({ sets }: State): { nextOffset: number; rewritten: boolean } {
  let greatest = { nextOffset: 0, rewritten: false };
  for (const { checkpoints } of sets) {
    for (let i = 0; i < checkpoints.landed; i++) {
      const { nextOffset, fingerprint } = checkpoints.rows[i]!;
      if (nextOffset > greatest.nextOffset) greatest = { nextOffset, rewritten: fingerprint.version === 1 };
    }
  }
  return greatest;
}

/** All records are below a visible checkpoint. */
export function isFinished(model: Model, { sets }: State): boolean {
  return sets.some(({ checkpoints }) =>
    checkpoints.rows.some(({ nextOffset }, index) => index < checkpoints.visible && nextOffset === model.recordCount),
  );
}

/**
 * Whether this process, alone and without further faults, must be able to finish: one more claim can succeed, or it
 * holds the partition with streams that take rows. A damaged log excuses everybody.
 */
export function mustFinish(
  model: Model,
  { ownership, sets, processes, environment }: State,
  index: ProcessIndex,
): boolean {
  if (environment.log.damaged) return false;
  if (ownership.epoch < model.config.claims) return true;
  const process = processes[index];
  if (ownership.claimant !== ownerOf(index) || process.at !== 'running') return false;
  return SLOTS.every((slot) => streamAt(sets[process.own]!, slot).status === OPEN);
}
