/**
 * A configuration made ready: which rows the deterministic fold yields for each partition, record and table, which tables are
 * fenced, and the rules that are left out.
 */
import { replaceAt } from '../state.ts';
import { DELTA_VARIANTS, type DeltaModelConfig, type DeltaVariant } from './config.ts';
import {
  A,
  B,
  type DeltaProcess,
  type DeltaRow,
  type DeltaState,
  type DeltaTableIndex,
  type FencedTable,
  K,
  O,
  type Phase,
  type Setting,
  type SettingsEntry,
  START,
  type TablePart,
} from './state.ts';

const ROWS_PER_RECORD_MAX = 4;

/** A data table. */
export type DataTable = 0 | 1;

export interface DeltaModel {
  readonly config: DeltaModelConfig;
  readonly partitionCount: number;
  /** Per partition: offsets 0 to recordCounts - 1. */
  readonly recordCounts: readonly number[];
  /** The partitions that each process may own. */
  readonly partitionsOf: readonly [readonly number[], readonly number[]];
  /** One partition: P and Q are interchangeable. */
  readonly symmetric: boolean;
  readonly settings: readonly Setting[];
  /** Rules left out. */
  readonly without: Readonly<Record<DeltaVariant, boolean>>;
  /** The log that claims go to. */
  readonly control: DeltaTableIndex;
  /** The tables that a takeover fences after its claim. */
  readonly fences: readonly FencedTable[];
  /** Rows that the fold yields for records [from, to), in fold order, as a settings history says. */
  rowsOf(
    partition: number,
    table: DataTable,
    from: number,
    to: number,
    history: readonly SettingsEntry[],
  ): readonly DeltaRow[];
  /** How many rows the fold yields for the records below an offset. */
  rowsBelow(partition: number, table: DataTable, offset: number): number;
}

export function createDeltaModel(config: DeltaModelConfig): DeltaModel {
  const partitions = config.shapes.map((_, partition) => partition);
  const without = Object.fromEntries(DELTA_VARIANTS.map((name) => [name, config.variants.includes(name)])) as Record<
    DeltaVariant,
    boolean
  >;
  const rows = config.shapes.map((records) =>
    ([A, B] as const).map((table) => records.map((shape, record) => rowsOfRecord(shape, record, table))),
  );
  const below = rows.map((tables) =>
    tables.map((records) => [0, ...records.map((_, record) => countRows(records.slice(0, record + 1)))]),
  );
  const unfenced = { [A]: without.nofenceA, [B]: without.nofenceB, [K]: without.nofenceK };
  const fences = ([A, B, K] as const).filter((table) => !unfenced[table] && !(table === K && config.merged));

  return {
    config,
    partitionCount: partitions.length,
    recordCounts: config.shapes.map(({ length }) => length),
    partitionsOf: [partitions, partitions.slice(-1)],
    symmetric: partitions.length === 1,
    settings: config.settings ? [0, 1] : [0],
    without,
    control: config.merged ? K : O,
    fences,
    rowsOf(partition, table, from, to, history) {
      const found: DeltaRow[] = [];
      for (let record = from; record < to; record++) {
        const setting = settingIn(history, record);
        for (const row of rows[partition]![table]![record]!) if (row.setting === setting) found.push(row);
      }
      return found;
    },
    rowsBelow: (partition, table, offset) => below[partition]![table]![offset]!,
  };
}

/** The rows of a record in a table, with either setting. */
function rowsOfRecord(shape: string, record: number, table: DataTable): readonly DeltaRow[] {
  return [...shape].flatMap((letter, index) =>
    letter === 'AB'[table]
      ? ([0, 1] as const).map((setting) => ({
          record,
          index,
          setting,
          code: (record * ROWS_PER_RECORD_MAX + index) * 2 + setting,
        }))
      : [],
  );
}

function countRows(records: readonly (readonly DeltaRow[])[]): number {
  return records.flat().filter(({ setting }) => setting === 0).length;
}

/** The setting that a history gives for a record: the last entry that covers it, which need not be the one that begins last. */
export function settingIn(history: readonly SettingsEntry[], record: number): Setting {
  for (let i = history.length - 1; i > 0; i--) if (history[i]!.from <= record) return history[i]!.setting;
  return history[0]!.setting;
}

/** With one partition nobody has it; with several P has all of them, so that takeovers and not first claims are searched. */
export function initialDeltaState(model: DeltaModel): DeltaState {
  const epoch = model.symmetric ? 0 : 1;
  const partitions = model.partitionsOf[0];
  const history: readonly SettingsEntry[] = [{ from: 0, setting: 0 }];
  const part: TablePart = { epoch, position: 0, rows: [] };
  const table = partitions.map(() => part);
  const puts = [undefined, undefined, undefined, undefined] as const;
  const idle: DeltaProcess = { phases: partitions.map(() => START), puts };
  const run: Phase = { at: 'run', epoch: 1, history, position: { checkpoint: 0, next: [0, 0], first: 0 } };
  const owner: DeltaProcess = { phases: partitions.map(() => run), puts };
  return {
    broken: '',
    tables: { fenced: [table, table, table], ownership: partitions.map(() => ({ epoch, history })) },
    orphans: [],
    processes: [model.symmetric ? idle : owner, idle],
    crashes: 0,
  };
}

/** The puts of a process with one replaced. */
export function replacePut(
  puts: DeltaProcess['puts'],
  table: DeltaTableIndex,
  put: DeltaProcess['puts'][number],
): DeltaProcess['puts'] {
  return replaceAt(puts, table, put) as unknown as DeltaProcess['puts'];
}

/** A triple with one side replaced. */
export function replaceInThree<T>(three: readonly [T, T, T], at: FencedTable, item: T): readonly [T, T, T] {
  return replaceAt(three, at, item) as unknown as readonly [T, T, T];
}
