/** States and steps of the protocol on Delta Lake in words, for traces. */
import {
  type DeltaLabel,
  type DeltaRow,
  type DeltaState,
  type Item,
  type Phase,
  type Put,
  type SettingsEntry,
  TABLE_NAMES,
} from './state.ts';

export function deltaAction({ what, table, items, sender }: DeltaLabel, names: string): string {
  const where = table === undefined ? '' : ` in ${TABLE_NAMES[table]}`;
  if (!items) return `${what}${where}`;
  const of = sender === undefined ? '' : ` of ${names[sender]}`;
  return `${what}: ${itemsText(items)}${of}${where}`;
}

/** A line per part of a state. */
export function describeDeltaState(state: DeltaState, names: string): ReadonlyMap<string, string> {
  const lines = new Map<string, string>();
  const { fenced, ownership } = state.tables;
  const several = ownership.length > 1;
  const of = (partition: number): string => (several ? ` of ${partition}` : '');
  fenced.forEach((parts, table) => {
    parts.forEach(({ epoch, position, rows }, partition) => {
      const content = table === 2 ? `checkpoint ${position}` : `next ${position}, rows ${rowsText(rows)}`;
      lines.set(`${table}.${partition}`, `${TABLE_NAMES[table]}${of(partition)}: epoch ${epoch}, ${content}`);
    });
  });
  ownership.forEach(({ epoch, history }, partition) => {
    lines.set(`O.${partition}`, `O${of(partition)}: epoch ${epoch}, ${historyText(history)}`);
  });
  const orphans = state.orphans.map(({ table, items }) => `${itemsText(items)} to ${TABLE_NAMES[table]}`);
  lines.set('orphans', `on the way without a sender: ${orphans.join('; ') || 'nothing'}`);
  state.processes.forEach(({ phases, puts }, index) => {
    const sent = puts.flatMap((put, table) => (put ? [putText(put, table)] : []));
    const where = phases.map((phase, partition) => `${phaseText(phase)}${of(partition)}`).join(', ');
    lines.set(names[index]!, `${names[index]}: ${[where, ...sent].join('; ')}`);
  });
  return lines;
}

function putText({ status, items }: Put, table: number): string {
  const state = status === 'flying' ? 'on its way' : status;
  return `${itemsText(items)} to ${TABLE_NAMES[table]} is ${state}`;
}

function itemsText(items: readonly Item[]): string {
  const several = new Set(items.map(({ partition }) => partition)).size > 1;
  return items.map((item) => `${itemText(item)}${several ? ` of ${item.partition}` : ''}`).join(' and ');
}

function itemText(item: Item): string {
  switch (item.kind) {
    case 'claim':
      return `claim of epoch ${item.epoch}`;
    case 'fence':
      return `fence of epoch ${item.epoch}`;
    case 'entry':
      return `${historyText([item.entry])} by epoch ${item.epoch}`;
    case 'rows':
      return `rows ${rowsText(item.rows)}, next ${item.from} to ${item.to}, by epoch ${item.epoch}`;
    case 'stow':
      return `rows ${rowsText(item.rows)} without a position, by epoch ${item.epoch}`;
    case 'checkpoint':
      return `checkpoint ${item.nextOffset} by epoch ${item.epoch}`;
    default:
      return item satisfies never;
  }
}

function rowsText(rows: readonly DeltaRow[]): string {
  return rows.map(({ record, index }) => `${record}.${index}`).join(' ') || '-';
}

function historyText(history: readonly SettingsEntry[]): string {
  return history.map(({ from, setting }) => `setting ${setting} from ${from}`).join(', ');
}

function phaseText(phase: Phase): string {
  switch (phase.at) {
    case 'start':
      return 'idle';
    case 'claim':
      return 'claiming';
    case 'fence':
      return `fencing at epoch ${phase.epoch}`;
    case 'settings':
      return `adding settings at epoch ${phase.epoch}`;
    case 'run': {
      const { checkpoint, next } = phase.position;
      return `running at epoch ${phase.epoch} (C ${checkpoint}, A ${next[0]}, B ${next[1]})`;
    }
    default:
      return phase satisfies never;
  }
}
