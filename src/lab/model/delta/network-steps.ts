/**
 * What happens by itself: puts land (the network), also after their sender has gone; and faults: other engines commit, log clean-up
 * frees names, a log checkpoint forgets txns, processes crash.
 */
import { replaceAt, replaceIn } from '../state.ts';
import { type DeltaModel, initialDeltaState, replaceInThree, replacePut } from './model.ts';
import type { DeltaMoves, EmitDelta } from './moves.ts';
import {
  A,
  ALL_TABLES,
  B,
  type DeltaProcess,
  type DeltaState,
  type DeltaTableIndex,
  type FencedTable,
  type Item,
  K,
  O,
  type Orphan,
  START,
  type TablePart,
  type Tables,
} from './state.ts';

export function networkSteps(model: DeltaModel, state: DeltaState, emit: EmitDelta): void {
  for (const orphan of state.orphans) {
    const { table, items } = orphan;
    const orphans = state.orphans.filter((other) => other !== orphan);
    const landed = land(model, { ...state, orphans }, table, items);
    emit('network', { what: 'lands, its sender is gone', table, items }, landed);
  }
  for (const table of ALL_TABLES) tableSteps(model, state, table, emit);
}

function tableSteps(model: DeltaModel, state: DeltaState, table: DeltaTableIndex, emit: EmitDelta): void {
  const { processes, orphans } = state;
  let flying = orphans.some((orphan) => orphan.table === table);
  processes.forEach((process, index) => {
    const put = process.puts[table];
    if (!put) return;
    const sender = index as 0 | 1;
    const withStatus = (status: 'landed' | 'void'): DeltaState => {
      const changed = { ...process, puts: replacePut(process.puts, table, { status, items: put.items }) };
      return { ...state, processes: replaceIn(processes, sender, changed) };
    };
    if (put.status === 'flying') {
      flying = true;
      emit(
        'network',
        { what: 'lands', table, items: put.items, sender },
        land(model, withStatus('landed'), table, put.items),
      );
    } else if (put.status === 'dead' && model.config.cleanup) {
      const what = 'is answered "created" under a name that clean-up has freed';
      emit('fault', { what, table, items: put.items, sender }, withStatus('void'));
    }
  });
  if (model.config.foreign && flying) {
    emit('fault', { what: 'another engine commits', table }, killPuts(model, state, table));
  }
  if (model.without.forget && table !== O) forgetTxns(model, state, table, emit);
}

/** A log checkpoint without the txns of a table. C is in the rows of K, so it stays. */
function forgetTxns(model: DeltaModel, state: DeltaState, table: FencedTable, emit: EmitDelta): void {
  const parts = state.tables.fenced[table];
  if (!parts.some(({ epoch, position }) => epoch > 0 || (position > 0 && table !== K))) return;
  const forgotten = parts.map((part) => ({ ...part, epoch: 0, position: table === K ? part.position : 0 }));
  const tables = { ...state.tables, fenced: replaceInThree(state.tables.fenced, table, forgotten) };
  emit('fault', { what: 'a log checkpoint forgets the txns', table }, killPuts(model, { ...state, tables }, table));
}

/** The process forgets everything; its puts live on. */
export function crash(moves: DeltaMoves): void {
  const { model, state, process } = moves;
  if (state.crashes >= model.config.crashes || process.phases.every(({ at }) => at === 'start')) return;
  const orphans: Orphan[] = [...state.orphans];
  for (const table of ALL_TABLES) {
    const put = process.puts[table];
    if (put?.status === 'flying') orphans.push({ table, items: put.items });
  }
  const gone: DeltaProcess = {
    phases: process.phases.map(() => START),
    puts: initialDeltaState(model).processes[1].puts,
  };
  moves.go('crashes', gone, { label: {}, changes: { orphans, crashes: state.crashes + 1 }, actor: 'fault' });
}

/** A commit lands: what it says is in the table, and every other put on its way there has lost. */
function land(model: DeltaModel, state: DeltaState, table: DeltaTableIndex, items: readonly Item[]): DeltaState {
  let after = state;
  for (const item of items) after = applyItem(model, after, table, item);
  return killPuts(model, after, table);
}

function applyItem(model: DeltaModel, state: DeltaState, table: DeltaTableIndex, item: Item): DeltaState {
  const { partition } = item;
  let { tables, broken } = state;
  if (item.kind === 'claim' || item.kind === 'entry') {
    const { epoch, history } = tables.ownership[partition]!;
    // A claim writes the history as it read it; an entry adds to what is there.
    const part =
      item.kind === 'claim'
        ? { epoch: item.epoch, history: item.history }
        : { epoch, history: [...history, item.entry] };
    tables = { ...tables, ownership: replaceAt(tables.ownership, partition, part) };
  }
  if (table === O || item.kind === 'entry') return { ...state, tables };

  const part = tables.fenced[table][partition]!;
  let changed: TablePart = part;
  if (item.kind === 'fence' || item.kind === 'claim') {
    if (item.epoch < part.epoch) broken = `fence of ${'ABK'[table]} went from ${part.epoch} back to ${item.epoch}`;
    changed = { ...part, epoch: item.epoch };
  } else if (item.kind === 'rows') {
    changed = { ...part, position: item.to, rows: [...part.rows, ...item.rows] };
  } else if (item.kind === 'stow') {
    changed = { ...part, rows: [...part.rows, ...item.rows] };
  } else {
    if (item.nextOffset <= part.position && !model.without.nomonotone) {
      broken = `checkpoint ${item.nextOffset} after ${part.position}`;
    }
    changed = { ...part, position: Math.max(part.position, item.nextOffset) };
  }
  return { ...state, broken, tables: withPart(tables, table, partition, changed) };
}

function withPart(tables: Tables, table: FencedTable, partition: number, part: TablePart): Tables {
  return {
    ...tables,
    fenced: replaceInThree(tables.fenced, table, replaceAt(tables.fenced[table], partition, part)),
  };
}

/** Something landed in a table: its version is taken, so every other put on its way there can never land. */
function killPuts(model: DeltaModel, state: DeltaState, table: DeltaTableIndex): DeltaState {
  const safe = (items: readonly Item[]): boolean => model.without.nocas && items[0]!.kind === 'claim';
  const kill = (process: DeltaProcess): DeltaProcess => {
    const put = process.puts[table];
    if (put?.status !== 'flying' || safe(put.items)) return process;
    return { ...process, puts: replacePut(process.puts, table, { status: 'dead', items: put.items }) };
  };
  return {
    ...state,
    orphans: state.orphans.filter((orphan) => orphan.table !== table || safe(orphan.items)),
    processes: [kill(state.processes[0]), kill(state.processes[1])],
  };
}

/** The positions of a partition in A, B and K. */
export function positionsIn({ fenced }: Tables, partition: number): readonly [number, number, number] {
  return [fenced[A][partition]!.position, fenced[B][partition]!.position, fenced[K][partition]!.position];
}
