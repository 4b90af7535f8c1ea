/**
 * Reads actions strictly: what this program uses must have the type that the protocol gives it. Unknown actions and unknown
 * fields are let through; whether a table needs more of a reader or writer is the protocol action's to say (features.ts).
 */
import { ContradictionError } from '../../../base/errors.ts';
import type {
  Action,
  AddAction,
  CommitInfo,
  DomainMetadataAction,
  MetadataAction,
  ProtocolAction,
  RemoveAction,
  TxnAction,
} from './actions.ts';

/** A log file has something else in it than actions. */
export function damaged(where: string, what: string, options?: ErrorOptions): ContradictionError {
  return new ContradictionError(
    'table_changed',
    `${where} is damaged: ${what}. Nothing was written since. Restore the file from a copy, or the whole table`,
    options,
  );
}

/** The actions of a commit file, in its order. `where` names the file in errors. */
export function parseCommit(bytes: Uint8Array, where: string): Action[] {
  const actions: Action[] = [];
  for (const [index, line] of textOf(bytes, where).split('\n').entries()) {
    if (line.trim() === '') continue;
    const here = `${where}, line ${index + 1},`;
    const action = parseAction(parseJson(line, here), here);
    if (action !== undefined) actions.push(action);
  }
  if (actions.length === 0) throw damaged(where, 'it has no action');
  return actions;
}

function textOf(bytes: Uint8Array, where: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw damaged(where, 'it is not UTF-8 text', { cause: error });
  }
}

export function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw damaged(where, 'it is not JSON', { cause: error });
  }
}

/** Undefined for an action that this program has no use for. */
function parseAction(value: unknown, where: string): Action | undefined {
  const line = new Fields(value, () => where);
  const name = KINDS.find((kind) => line.has(kind));
  return name === undefined ? undefined : { [name]: PARSERS[name](line.inside(name)) };
}

/** The members of one action, of a kind that is known. */
export function parseMembers(kind: keyof Action, members: object, where: () => string): Action {
  return { [kind]: PARSERS[kind](new Fields(members, where)) };
}

const PARSERS: Readonly<Record<keyof Action, (fields: Fields) => object>> = {
  add: parseAdd,
  remove: parseRemove,
  metaData: parseMetadata,
  protocol: parseProtocol,
  txn: parseTxn,
  domainMetadata: parseDomain,
  commitInfo: parseCommitInfo,
};

const KINDS = Object.keys(PARSERS) as (keyof Action)[];

function parseAdd(fields: Fields): AddAction {
  fields.refuse('deletionVector', 'it has a deletion vector, which this program does not read');
  return {
    path: fields.text('path'),
    size: fields.integer('size'),
    modificationTime: fields.integer('modificationTime'),
    dataChange: fields.flag('dataChange'),
    partitionValues: fields.optionalTexts('partitionValues') ?? {},
    tags: fields.optionalTexts('tags'),
    stats: fields.optionalText('stats'),
  };
}

function parseRemove(fields: Fields): RemoveAction {
  fields.refuse('deletionVector', 'it has a deletion vector, which this program does not read');
  return {
    path: fields.text('path'),
    deletionTimestamp: fields.optionalInteger('deletionTimestamp'),
    dataChange: fields.flag('dataChange'),
    extendedFileMetadata: fields.optionalFlag('extendedFileMetadata'),
    partitionValues: fields.optionalTexts('partitionValues'),
    size: fields.optionalInteger('size'),
  };
}

function parseMetadata(fields: Fields): MetadataAction {
  const format = fields.inside('format');
  return {
    id: fields.text('id'),
    name: fields.optionalText('name'),
    description: fields.optionalText('description'),
    format: { provider: format.text('provider'), options: format.optionalTexts('options') ?? {} },
    schemaString: fields.text('schemaString'),
    partitionColumns: fields.optionalNames('partitionColumns') ?? [],
    configuration: fields.optionalTexts('configuration') ?? {},
    createdTime: fields.optionalInteger('createdTime'),
  };
}

function parseProtocol(fields: Fields): ProtocolAction {
  return {
    minReaderVersion: fields.integer('minReaderVersion'),
    minWriterVersion: fields.integer('minWriterVersion'),
    readerFeatures: fields.optionalNames('readerFeatures'),
    writerFeatures: fields.optionalNames('writerFeatures'),
  };
}

function parseTxn(fields: Fields): TxnAction {
  return { appId: fields.text('appId'), version: fields.integer('version') };
}

function parseDomain(fields: Fields): DomainMetadataAction {
  return {
    domain: fields.text('domain'),
    configuration: fields.text('configuration'),
    removed: fields.flag('removed'),
  };
}

/** For people: a field of another type than usual is left out. */
function parseCommitInfo(fields: Fields): CommitInfo {
  return {
    timestamp: fields.loose('timestamp', 'number'),
    operation: fields.loose('operation', 'string'),
    engineInfo: fields.loose('engineInfo', 'string'),
    txnId: fields.loose('txnId', 'string'),
    isBlindAppend: fields.loose('isBlindAppend', 'boolean'),
  };
}

interface Loose {
  readonly number: number;
  readonly string: string;
  readonly boolean: boolean;
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isFlag = (value: unknown): value is boolean => typeof value === 'boolean';
const isInteger = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
const areNames = (value: unknown): value is string[] => Array.isArray(value) && value.every(isText);
function areTexts(value: unknown): value is Record<string, string | null> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((each) => each === null || typeof each === 'string');
}

/** The members of one JSON object. `null` counts as absent: delta-rs writes it so. */
class Fields {
  readonly #members: Readonly<Record<string, unknown>>;
  readonly #where: () => string;

  constructor(value: unknown, where: () => string) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw damaged(where(), 'it is no object');
    this.#members = value as Readonly<Record<string, unknown>>;
    this.#where = where;
  }

  has(name: string): boolean {
    return Object.hasOwn(this.#members, name) && this.#members[name] !== null && this.#members[name] !== undefined;
  }

  inside(name: string): Fields {
    return new Fields(this.#members[name], () => `${this.#where()} ${name}`);
  }

  refuse(name: string, why: string): void {
    if (this.has(name)) throw new ContradictionError('table_changed', `${this.#where()}: ${why}`);
  }

  text(name: string): string {
    return this.optionalText(name) ?? this.#missing(name);
  }

  integer(name: string): number {
    return this.optionalInteger(name) ?? this.#missing(name);
  }

  flag(name: string): boolean {
    return this.optionalFlag(name) ?? this.#missing(name);
  }

  optionalText(name: string): string | undefined {
    return this.#optional(name, 'a text', isText);
  }

  optionalInteger(name: string): number | undefined {
    return this.#optional(name, 'a whole number from 0 to 2^53 - 1', isInteger);
  }

  optionalFlag(name: string): boolean | undefined {
    return this.#optional(name, 'true or false', isFlag);
  }

  optionalNames(name: string): readonly string[] | undefined {
    return this.#optional(name, 'a list of texts', areNames);
  }

  optionalTexts(name: string): Readonly<Record<string, string | null>> | undefined {
    return this.#optional(name, 'an object of texts', areTexts);
  }

  loose<T extends keyof Loose>(name: string, type: T): Loose[T] | undefined {
    const value = this.#members[name];
    return typeof value === type ? (value as Loose[T]) : undefined;
  }

  #optional<T>(name: string, wanted: string, isOne: (value: unknown) => value is T): T | undefined {
    if (!this.has(name)) return undefined;
    const value = this.#members[name];
    if (!isOne(value)) throw damaged(this.#where(), `${name} is not ${wanted}`);
    return value;
  }

  #missing(name: string): never {
    throw damaged(this.#where(), `${name} is missing`);
  }
}
