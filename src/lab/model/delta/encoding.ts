/**
 * States as short strings, exactly. The parts are two processes, the four tables, the puts whose sender is gone, and the rest.
 *
 * Canonical: with one partition the two processes are interchangeable, so states that are the same with P and Q swapped get one key;
 * so do states that differ in the order of puts without a sender.
 */
import { numbersIn, PartTable, pushDigits } from '../search/part-table.ts';
import type { Encoded } from '../search/system.ts';
import type { DeltaModel } from './model.ts';
import type {
  DeltaProcess,
  DeltaRow,
  DeltaState,
  Item,
  Orphan,
  OwnershipPart,
  Phase,
  Position,
  SettingsEntry,
  TablePart,
} from './state.ts';

interface Rest {
  readonly broken: DeltaState['broken'];
  readonly crashes: number;
}

export class DeltaEncoder {
  readonly #symmetric: boolean;
  readonly #processes = new PartTable<DeltaProcess>(processText);
  readonly #tables = new PartTable<readonly TablePart[]>((parts) => parts.map(tableText).join('/'));
  readonly #ownerships = new PartTable<readonly OwnershipPart[]>((parts) => parts.map(ownershipText).join('/'));
  readonly #orphans = new PartTable<readonly Orphan[]>((orphans) => orphans.map(orphanText).join('/'));
  readonly #rests = new PartTable<Rest>(({ broken, crashes }) => `${crashes}${broken}`);

  constructor({ symmetric }: DeltaModel) {
    this.#symmetric = symmetric;
  }

  encode(state: DeltaState): Encoded {
    const first = this.#processes.numberOf(state.processes[0]);
    const second = this.#processes.numberOf(state.processes[1]);
    const swapped = this.#symmetric && first > second ? 1 : 0;
    const { fenced, ownership } = state.tables;
    const units: number[] = [];
    pushDigits(units, swapped ? second : first);
    pushDigits(units, swapped ? first : second);
    for (const table of fenced) pushDigits(units, this.#tables.numberOf(table));
    pushDigits(units, this.#ownerships.numberOf(ownership));
    pushDigits(units, this.#orphans.numberOf(canonical(state.orphans)));
    pushDigits(units, this.#rests.numberOf({ broken: state.broken, crashes: state.crashes }));
    return { key: String.fromCharCode(...units), swapped };
  }

  decode(key: string): DeltaState {
    const numbers = numbersIn(key);
    const table = (at: number): readonly TablePart[] => this.#tables.at(numbers[at]!);
    return {
      processes: [this.#processes.at(numbers[0]!), this.#processes.at(numbers[1]!)],
      tables: { fenced: [table(2), table(3), table(4)], ownership: this.#ownerships.at(numbers[5]!) },
      orphans: this.#orphans.at(numbers[6]!),
      ...this.#rests.at(numbers[7]!),
    };
  }
}

/** A set: sorted, and each once. */
function canonical(orphans: readonly Orphan[]): readonly Orphan[] {
  if (orphans.length < 2) return orphans;
  const byText = new Map(orphans.map((orphan) => [orphanText(orphan), orphan]));
  return [...byText].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, orphan]) => orphan);
}

// Texts tell parts apart; nothing reads them back.

function orphanText({ table, items }: Orphan): string {
  return `${table}${itemsText(items)}`;
}

function itemsText(items: readonly Item[]): string {
  return items.map(itemText).join(';');
}

function itemText(item: Item): string {
  const { kind, partition, epoch } = item;
  const begun = `${kind}${partition},${epoch},`;
  switch (kind) {
    case 'claim':
      return `${begun}${item.position},${historyText(item.history)}`;
    case 'fence':
      return `${begun}${item.position}`;
    case 'entry':
      return `${begun}${historyText([item.entry])}`;
    case 'rows':
      return `${begun}${item.from},${item.to},${rowsText(item.rows)}`;
    case 'stow':
      return `${begun}${rowsText(item.rows)}`;
    case 'checkpoint':
      return `${begun}${item.nextOffset}`;
    default:
      return kind satisfies never;
  }
}

function historyText(history: readonly SettingsEntry[]): string {
  return history.map(({ from, setting }) => `${from}:${setting}`).join();
}

function rowsText(rows: readonly DeltaRow[]): string {
  return rows.map(({ code }) => code).join();
}

function tableText({ epoch, position, rows }: TablePart): string {
  return `${epoch},${position}|${rowsText(rows)}`;
}

function ownershipText({ epoch, history }: OwnershipPart): string {
  return `${epoch}|${historyText(history)}`;
}

function processText({ phases, puts }: DeltaProcess): string {
  const sent = puts.map((put) => (put ? `${put.status}${itemsText(put.items)}` : '')).join('&');
  return `${phases.map(phaseText).join('/')}&${sent}`;
}

function phaseText(phase: Phase): string {
  switch (phase.at) {
    case 'start':
      return 's';
    case 'claim':
      return `c${phase.setting}`;
    case 'fence':
      return `f${phase.setting},${phase.epoch},${historyText(phase.history)}|${phase.found.join()}|${phase.early?.join() ?? ''}`;
    case 'settings':
      return `e${phase.setting},${phase.epoch},${historyText(phase.history)}|${positionText(phase.position)}`;
    case 'run':
      return `r${phase.epoch},${historyText(phase.history)}|${positionText(phase.position)}`;
    default:
      return phase satisfies never;
  }
}

function positionText({ checkpoint, next, first }: Position): string {
  return `${checkpoint},${next.join()},${first}`;
}
