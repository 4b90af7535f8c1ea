/** The moves that every step of a process is made of: continue, send a put, drop a partition. */
import type { Actor, ProcessIndex } from '../search/system.ts';
import { replaceAt, replaceIn } from '../state.ts';
import { type DeltaModel, replacePut } from './model.ts';
import {
  ALL_TABLES,
  type DeltaLabel,
  type DeltaProcess,
  type DeltaState,
  type DeltaTableIndex,
  type Item,
  type Orphan,
  type Phase,
  type Position,
  type Setting,
  type SettingsEntry,
  START,
} from './state.ts';

export type EmitDelta = (actor: Actor, label: DeltaLabel, next: DeltaState) => void;

export class DeltaMoves {
  readonly model: DeltaModel;
  readonly state: DeltaState;
  readonly index: ProcessIndex;
  readonly process: DeltaProcess;
  readonly #emit: EmitDelta;

  constructor(model: DeltaModel, state: DeltaState, index: ProcessIndex, emit: EmitDelta) {
    this.model = model;
    this.state = state;
    this.index = index;
    this.process = state.processes[index];
    this.#emit = emit;
  }

  /** The process continues as `next`. */
  go(
    what: string,
    next: DeltaProcess,
    more: {
      readonly label?: Omit<DeltaLabel, 'what'>;
      readonly changes?: Partial<DeltaState>;
      readonly actor?: Actor;
    } = {},
  ): void {
    this.#emit(
      more.actor ?? this.index,
      { what, ...more.label },
      { ...this.state, ...more.changes, processes: replaceIn(this.state.processes, this.index, next) },
    );
  }

  /** One partition enters another phase. */
  enter(what: string, partition: number, phase: Phase, table?: DeltaTableIndex): void {
    this.go(what, this.#with(partition, phase), { label: { table } });
  }

  /** A put is on its way. At most one for each table. */
  send(what: string, table: DeltaTableIndex, items: readonly Item[], phase?: Phase): void {
    const { phases } = phase ? this.#with(items[0]!.partition, phase) : this.process;
    const puts = replacePut(this.process.puts, table, { status: 'flying', items });
    this.go(what, { phases, puts }, { label: { table, items } });
  }

  /** Forget a partition. What is on its way for it alone lives on without a sender. */
  drop(what: string, partition: number): void {
    const orphans: Orphan[] = [...this.state.orphans];
    let { puts } = this.process;
    for (const table of ALL_TABLES) {
      const put = puts[table];
      if (!put?.items.every((item) => item.partition === partition)) continue;
      puts = replacePut(puts, table, undefined);
      if (put.status === 'flying') orphans.push({ table, items: put.items });
    }
    this.go(what, { phases: replaceAt(this.process.phases, partition, START), puts }, { changes: { orphans } });
  }

  #with(partition: number, phase: Phase): DeltaProcess {
    return { ...this.process, phases: replaceAt(this.process.phases, partition, phase) };
  }
}

/** The position is known: settings first, then rows. `found`: how far A, B and K are. */
export function positioned(
  setting: Setting,
  epoch: number,
  history: readonly SettingsEntry[],
  found: readonly [number, number, number],
): Phase {
  const position: Position = { checkpoint: found[2], next: [found[0], found[1]], first: Math.max(...found) };
  if (setting !== history.at(-1)!.setting) return { at: 'settings', setting, epoch, history, position };
  return { at: 'run', epoch, history, position };
}
