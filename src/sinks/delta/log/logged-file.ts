/** A file of a table as the log has it: the path decoded, the statistics parsed when somebody asks. */
import type { DataFile, FileStats } from '../ports.ts';
import type { AddAction } from './actions.ts';
import { damaged } from './parse-actions.ts';

export class LoggedFile implements DataFile {
  readonly action: AddAction;
  readonly path: string;
  #stats: FileStats | undefined;
  #isParsed = false;

  constructor(action: AddAction, where: string) {
    this.action = action;
    this.path = decodePath(action.path, where);
  }

  get byteLength(): number {
    return this.action.size;
  }

  get modifiedAtMs(): number {
    return this.action.modificationTime;
  }

  get dataChange(): boolean {
    return this.action.dataChange;
  }

  get stats(): FileStats | undefined {
    if (!this.#isParsed) this.#stats = parseStats(this.action.stats);
    this.#isParsed = true;
    return this.#stats;
  }
}

/** Paths are percent-encoded in the log, and every engine encodes other characters: two spellings are one file. */
export function decodePath(logged: string, where: string): string {
  try {
    return logged.includes('%') ? decodeURIComponent(logged) : logged;
  } catch (error) {
    throw damaged(where, `the path ${logged} is not percent-encoded`, { cause: error });
  }
}

export function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}

export function statsText({ rowCount, min, max, nullCount }: FileStats): string {
  return JSON.stringify({ numRecords: rowCount, minValues: min, maxValues: max, nullCount });
}

/** Undefined where they are not usable: a reader then reads the file. */
function parseStats(text: string | undefined): FileStats | undefined {
  if (text === undefined || text === '') return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined; // statistics only save reads
  }
  const { numRecords, minValues, maxValues, nullCount } = (value ?? {}) as Readonly<Record<string, unknown>>;
  if (!Number.isSafeInteger(numRecords) || Number(numRecords) < 0) return undefined;
  return {
    rowCount: Number(numRecords),
    min: valuesOf(minValues, isPlain),
    max: valuesOf(maxValues, isPlain),
    nullCount: valuesOf(nullCount, (each) => typeof each === 'number'),
  };
}

type Plain = string | number | boolean;
const isPlain = (value: unknown): value is Plain => ['string', 'number', 'boolean'].includes(typeof value);

function valuesOf<T>(value: unknown, isOne: (each: unknown) => each is T): Record<string, T> {
  const entries = Object.entries(typeof value === 'object' && value !== null ? value : {});
  return Object.fromEntries(entries.filter((entry): entry is [string, T] => isOne(entry[1])));
}
