/**
 * What a process does about a put whose outcome it can know: it looks at the log. A put may also be misread, where a rule is left
 * out: an unknown outcome taken for "exists", a claim taken for won or lost, a name that clean-up freed taken for a commit.
 */
import { replaceAt, replaceIn } from '../state.ts';
import { replaceInThree, replacePut } from './model.ts';
import type { DeltaMoves } from './moves.ts';
import { positionsIn } from './network-steps.ts';
import { ALL_TABLES, type DeltaTableIndex, type Item, K, type Orphan, type Phase, type Put, START } from './state.ts';

export function answerSteps(moves: DeltaMoves): void {
  for (const table of ALL_TABLES) {
    const put = moves.process.puts[table];
    if (put) answer(moves, table, put);
  }
}

function answer(moves: DeltaMoves, table: DeltaTableIndex, put: Put): void {
  const { model, state, process } = moves;
  const { without } = model;
  const { status, items } = put;
  const kind = items[0]!.kind;
  const label = { table, items };
  const puts = replacePut(process.puts, table, undefined);
  const left: readonly Orphan[] = [...state.orphans, { table, items }];

  if (status === 'flying') {
    if (without.as409 && (kind === 'rows' || kind === 'checkpoint' || kind === 'fence')) {
      moves.go('takes 409 for exists', { ...process, puts }, { label, changes: { orphans: left } });
    }
    if (without.claimlost && kind === 'claim') {
      const phases = replaceAt(process.phases, items[0]!.partition, START);
      moves.go('takes its claim for lost', { phases, puts }, { label, changes: { orphans: left } });
    }
    if (!(without.claimwon && kind === 'claim')) return;
  }
  if (without.blind && kind === 'rows' && status === 'landed') {
    moves.go('does not know its own commit', { ...process, puts }, { label });
  }
  const taken = status === 'landed' || (status === 'void' && without.voidput);
  let { phases } = process;
  for (const item of items) {
    const phase = phaseAfter(moves, table, item, phases[item.partition]!, taken);
    phases = replaceAt(phases, item.partition, phase);
  }
  const what = taken ? 'learns that it is in' : 'learns that it is not in';
  moves.go(what, { phases, puts }, { label, changes: status === 'flying' ? { orphans: left } : {} });
}

/** Where a partition is once the outcome of what was put for it is known. */
function phaseAfter(moves: DeltaMoves, table: DeltaTableIndex, item: Item, phase: Phase, taken: boolean): Phase {
  if (item.kind === 'claim') {
    return taken || moves.model.without.claimwon ? claimed(moves, table, item, phase) : START;
  }
  if (!taken) return phase;
  if (phase.at === 'fence' && item.kind === 'fence' && phase.epoch === item.epoch) {
    return table === 3 ? phase : { ...phase, found: replaceInThree(phase.found, table, item.position) };
  }
  if (phase.at === 'settings' && item.kind === 'entry' && phase.epoch === item.epoch) {
    const { epoch, history, position } = phase;
    return { at: 'run', epoch, history: [...history, item.entry], position };
  }
  if (phase.at !== 'run' || phase.epoch !== item.epoch) return phase;
  if (item.kind === 'rows' && (table === 0 || table === 1)) {
    return { ...phase, position: { ...phase.position, next: replaceIn(phase.position.next, table, item.to) } };
  }
  if (item.kind === 'checkpoint') return { ...phase, position: { ...phase.position, checkpoint: item.nextOffset } };
  return phase;
}

/** The claim is in, or is taken for it: fences are next. */
function claimed(
  { model, state }: DeltaMoves,
  table: DeltaTableIndex,
  { partition, epoch, history, position }: Item & { kind: 'claim' },
  phase: Phase,
): Phase {
  const { setting } = phase as Phase & { at: 'claim' };
  return {
    at: 'fence',
    setting,
    epoch,
    history,
    found: [-1, -1, table === K ? position : -1],
    early: model.without.readfirst ? positionsIn(state.tables, partition) : undefined,
  };
}
