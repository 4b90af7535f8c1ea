/**
 * A configuration made ready: which rows the deterministic fold yields for each record, and the rules that are left out.
 *
 * Rows with equal fields are one object, so that states share them and `===` compares them.
 */
import { type ModelConfig, VARIANTS, type Variant } from './config.ts';
import {
  type Fingerprint,
  NEVER,
  type Row,
  type Setting,
  type SettingsEntry,
  TABLES,
  type Table,
  type Version,
} from './state.ts';

const ROWS_PER_RECORD_MAX = 4;

export interface Model {
  readonly config: ModelConfig;
  /** Offsets 0 to recordCount - 1 are in the log at the start. */
  readonly recordCount: number;
  readonly settings: readonly Setting[];
  /** Rules left out. */
  readonly without: Readonly<Record<Variant, boolean>>;
  /** The log stays as it is, so it does not matter when a record is read: a process folds all of it in one step. */
  readonly foldsAtOnce: boolean;
  /** Rows that the fold yields for a record and table, in fold order. */
  rowsOf(table: Table, record: number, setting: Setting, version: Version): readonly Row[];
  /** How many rows the fold yields for records [from, to), those from `rewrittenFrom` on having been rewritten. */
  countRows(table: Table, from: number, to: number, rewrittenFrom: number): number;
  /** The last record below an offset, markers left out. */
  lastRecordBelow(offset: number, rewrittenFrom: number): Fingerprint;
}

export function createModel(config: ModelConfig): Model {
  const shapes = { 0: config.shapes, 1: config.rewrittenShapes };
  const recordCount = config.shapes.length;
  const versionOf = (record: number, rewrittenFrom: number): Version => (record >= rewrittenFrom ? 1 : 0);

  const rows = new Map<number, readonly Row[]>();
  const cell = (table: Table, record: number, setting: Setting, version: Version) =>
    ((record * 2 + table) * 2 + setting) * 2 + version;
  for (let record = 0; record < recordCount; record++) {
    for (const version of [0, 1] as const) {
      for (const setting of [0, 1] as const) {
        const made = [...shapes[version][record]!].map((letter, index) => ({
          letter,
          row: {
            record,
            index,
            setting,
            version,
            code: ((record * ROWS_PER_RECORD_MAX + index) * 2 + setting) * 2 + version,
          },
        }));
        for (const table of TABLES) {
          const ours = made.filter(({ letter }) => letter === 'AB'[table]).map(({ row }) => row);
          rows.set(cell(table, record, setting, version), ours);
        }
      }
    }
  }
  const rowsOf: Model['rowsOf'] = (table, record, setting, version) => rows.get(cell(table, record, setting, version))!;

  return {
    config,
    recordCount,
    settings: config.settings ? [0, 1] : [0],
    without: Object.fromEntries(VARIANTS.map((name) => [name, config.variants.includes(name)])) as Record<
      Variant,
      boolean
    >,
    foldsAtOnce: config.logFaults === 0,
    rowsOf,
    countRows(table, from, to, rewrittenFrom) {
      let count = 0;
      for (let record = from; record < to; record++) {
        count += rowsOf(table, record, 0, versionOf(record, rewrittenFrom)).length;
      }
      return count;
    },
    lastRecordBelow(offset, rewrittenFrom) {
      for (let record = offset - 1; record >= 0; record--) {
        const version = versionOf(record, rewrittenFrom);
        if (shapes[version][record] !== '-') return { record, version };
      }
      return { record: -1, version: 0 };
    },
  };
}

/** The setting that a settings history gives for a record. */
export function settingFor(history: readonly SettingsEntry[], record: number): Setting {
  for (let i = history.length - 1; i > 0; i--) {
    if (history[i]!.from <= record) return history[i]!.setting;
  }
  return history[0]!.setting;
}

/** The lineage of a fold that starts at a checkpoint: first record known as rewritten. */
export function rewrittenFromOf(fingerprint: Fingerprint): number {
  return fingerprint.version === 1 ? fingerprint.record : NEVER;
}
