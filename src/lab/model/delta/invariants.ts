/** What must hold in every state, and what counts as finished. These know the whole world; no process does. */
import type { ProcessIndex, Violation } from '../search/system.ts';
import { type DataTable, type DeltaModel, settingIn } from './model.ts';
import { type DeltaState, K, TABLE_NAMES } from './state.ts';

export type DeltaViolationKind =
  | 'duplicate-row'
  | 'missing-row'
  | 'rows-out-of-order'
  | 'wrong-settings'
  | 'fence-back'
  | 'checkpoint-back'
  | 'dead-end';

export type DeltaViolation = Violation<DeltaViolationKind>;

/** The first rule that a state breaks: each table is a prefix of what a run without faults writes, in order. */
export function deltaViolationIn(model: DeltaModel, state: DeltaState): DeltaViolation | undefined {
  const { broken } = state;
  if (broken !== '') {
    return { kind: broken.startsWith('fence') ? 'fence-back' : 'checkpoint-back', message: `the ${broken}` };
  }
  for (const partition of model.partitionsOf[0]) {
    for (const table of [0, 1] as const) {
      const found = wrongRows(model, state, partition, table);
      if (found) return found;
    }
  }
  return undefined;
}

function wrongRows(
  model: DeltaModel,
  { tables }: DeltaState,
  partition: number,
  table: DataTable,
): DeltaViolation | undefined {
  const { rows } = tables.fenced[table][partition]!;
  const { history } = tables.ownership[partition]!;
  const checkpoint = tables.fenced[K][partition]!.position;
  const where = `in table ${TABLE_NAMES[table]}${model.symmetric ? '' : `, partition ${partition}`}`;
  const seen = new Set<number>();
  for (const { record, index } of rows) {
    if (seen.has(record * 8 + index))
      return { kind: 'duplicate-row', message: `row ${record}.${index} is twice ${where}` };
    seen.add(record * 8 + index);
  }
  for (const { record, index, setting } of rows) {
    if (setting !== settingIn(history, record)) {
      const message = `row ${record}.${index} ${where} has setting ${setting}, the settings history says otherwise`;
      return { kind: 'wrong-settings', message };
    }
  }
  const expected = model.rowsOf(partition, table, 0, model.recordCounts[partition]!, history);
  const strange = rows.findIndex(({ record, index }, at) => {
    const wanted = expected[at];
    return wanted?.record !== record || wanted.index !== index;
  });
  if (strange >= 0) {
    const { record, index } = rows[strange]!;
    return { kind: 'rows-out-of-order', message: `row ${record}.${index} ${where} comes after rows that are left out` };
  }
  if (rows.length < model.rowsBelow(partition, table, checkpoint)) {
    const { record, index } = expected[rows.length]!;
    return {
      kind: 'missing-row',
      message: `row ${record}.${index} ${where} is missing below checkpoint ${checkpoint}`,
    };
  }
  return undefined;
}

/** All records of the partitions that the process may own are below a checkpoint. */
export function isDeltaFinished(model: DeltaModel, { tables }: DeltaState, process: ProcessIndex): boolean {
  return model.partitionsOf[process].every(
    (partition) => tables.fenced[K][partition]!.position === model.recordCounts[partition],
  );
}

/** One more claim of each of its partitions can succeed, or it holds the partition. */
export function mustDeltaFinish(model: DeltaModel, { tables, processes }: DeltaState, process: ProcessIndex): boolean {
  return model.partitionsOf[process].every((partition) => {
    const { epoch } = tables.ownership[partition]!;
    if (epoch < model.config.claims) return true;
    const phase = processes[process].phases[partition]!;
    return phase.at !== 'start' && phase.at !== 'claim' && phase.epoch === epoch;
  });
}
