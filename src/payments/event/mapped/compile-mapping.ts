/**
 * Compiles rules for the fold. What a rules file may hold is checked where it is read, with the place in the file; this throws a
 * RangeError that names the role for what the fold cannot work with, so that no half-understood rules are ever used.
 */
import { memberOf, TEXT_COLUMNS } from '../../columns.ts';
import type { AmountRole, FurtherColumn, KeyRule, Rules, TextRole, TextRoleName, TimeRole } from '../../rules/rules.ts';
import { MAX_TEXT_LENGTH } from '../event.ts';
import {
  type CompiledAmount,
  type CompiledColumn,
  type CompiledKey,
  type CompiledMapping,
  type CompiledText,
  type CompiledTime,
  type HeaderPath,
  NO_PATH,
  type PathNode,
  TRUE_FALSE,
} from './compiled-mapping.ts';
import { GAP_BYTES } from './path-values.ts';
import { MAX_WHOLE_DIGITS } from './roles/value-text.ts';
import { VALUE_ROOM_BYTES } from './value-reader.ts';

/** Steps of a path: readers go down by recursion. */
export const MAX_PATH_STEPS = 64;
/** UTF-8 of a text of a role. */
export const MAX_ROLE_BYTES = 3 * MAX_TEXT_LENGTH;
/** UTF-8 of all further columns of a row. */
export const MAX_COLUMNS_BYTES = 65_536;
export const MAX_JSON_COLUMN_BYTES = 16_384;
export const MAX_COLUMNS = 32;
/** A decimal in its shortest form, a 64-bit integer or a time: 29 digits, a point, nine digits, a sign. */
const NUMBER_TEXT_BYTES = 48;

const ELEMENT = /^(?:0|[1-9][0-9]{0,8})$/;
const BLANKS = /^[ \t\n\r]+|[ \t\n\r]+$/g;

export function compileMapping({ event, columns }: Rules): CompiledMapping {
  if (columns.length > MAX_COLUMNS) throw new RangeError(`columns: ${columns.length} are more than ${MAX_COLUMNS}`);
  const paths = new Paths();
  const select = event.select.map(({ path, in: values }) => ({
    path: paths.numberOf(path, 'select'),
    in: values.map((value) => Buffer.from(value)),
  }));
  const key = compileKey(event.key, paths);
  const constants = [TRUE_FALSE];
  const texts = TEXT_COLUMNS.map((column) => {
    const name = memberOf(column) as TextRoleName;
    return compileText(name, event.texts[name], paths, constants);
  });
  const isJson = event.format === 'json' || event.format === 'json-schema';
  const amount = compileAmount(event.amount, paths, isJson);
  const timestamp = compileTime(event.timestamp, paths, 'timestamp');
  const compiledColumns = columns.map((column) => compileColumn(column, paths, isJson));
  return {
    format: event.format,
    pathCount: paths.count,
    root: paths.root,
    keyPath: paths.keyPath,
    headers: paths.headers,
    recordTimePath: paths.recordTimePath,
    select,
    key,
    texts,
    amount,
    timestamp,
    columns: compiledColumns,
    further: columns,
    constants: Buffer.from(constants.join('')),
    rejectSchemaIds: new Set(event.rejectSchemaIds),
    keepRejectedPayload: event.keepRejectedPayload,
    rewrittenTexts: texts.filter(({ isInteger, uppercase }) => isInteger || uppercase).length,
    jsonColumns: columns.filter(({ type }) => type === 'json').length,
  };
}

class MutableNode implements PathNode {
  path = NO_PATH;
  readonly members = new Map<string, MutableNode>();
  readonly elements = new Map<number, MutableNode>();
  wantsSource = false;

  step(token: string): MutableNode {
    let next = this.members.get(token);
    if (next === undefined) {
      next = new MutableNode();
      this.members.set(token, next);
      if (ELEMENT.test(token)) this.elements.set(Number(token), next);
    }
    return next;
  }
}

/** Numbers every place once, however many roles read it. */
class Paths {
  readonly root = new MutableNode();
  readonly headers: HeaderPath[] = [];
  keyPath = NO_PATH;
  recordTimePath = NO_PATH;
  readonly #numbers = new Map<string, number>();

  get count(): number {
    return this.#numbers.size;
  }

  numberOf(path: string, what: string): number {
    const known = this.#numbers.get(path);
    if (known !== undefined) return known;
    const number = this.#numbers.size;
    this.#numbers.set(path, number);
    if (path === 'key') this.keyPath = number;
    else if (path === 'record.timestamp') this.recordTimePath = number;
    else if (path.startsWith('header:')) this.headers.push({ path: number, name: path.slice('header:'.length) });
    else this.nodeOf(path, what).path = number;
    return number;
  }

  nodeOf(path: string, what: string): MutableNode {
    const [first, ...steps] = path.split('/');
    if (first !== '') throw new RangeError(`${what}: ${JSON.stringify(path)} is no path`);
    if (steps.length > MAX_PATH_STEPS) throw new RangeError(`${what}: a path of more than ${MAX_PATH_STEPS} steps`);
    let node = this.root;
    for (const step of steps) {
      if (/~(?![01])/.test(step)) throw new RangeError(`${what}: ${JSON.stringify(path)} has a ~ without 0 or 1`);
      node = node.step(step.replaceAll('~1', '/').replaceAll('~0', '~'));
    }
    return node;
  }
}

function compileKey(key: KeyRule, paths: Paths): CompiledKey {
  return typeof key === 'string'
    ? { rule: key, path: NO_PATH }
    : { rule: 'path', path: paths.numberOf(key.path, 'key') };
}

function compileText(name: TextRoleName, role: TextRole | undefined, paths: Paths, constants: string[]): CompiledText {
  const isRequired = name === 'transaction_id' || name === 'sender_account_id' || name === 'currency';
  if (role === undefined && isRequired) throw new RangeError(`${name}: a payment needs it`);
  const constant = role?.constant === undefined ? '' : storedConstant(name, role, role.constant);
  if (role !== undefined && (role.path === undefined) === (constant === ''))
    throw new RangeError(`${name}: needs either a path or a text`);
  const constantStart = Buffer.byteLength(constants.join(''));
  constants.push(constant);
  return {
    path: role?.path === undefined ? NO_PATH : paths.numberOf(role.path, name),
    constantStart,
    constantEnd: constantStart + Buffer.byteLength(constant),
    isInteger: role?.type === 'integer',
    trim: role?.trim === true,
    uppercase: role?.uppercase === true,
    isRequired,
    isCurrency: name === 'currency',
  };
}

function storedConstant(name: TextRoleName, { trim, uppercase }: TextRole, text: string): string {
  const trimmed = trim ? text.replace(BLANKS, '') : text;
  const stored = uppercase ? trimmed.replace(/[a-z]/g, (letter) => letter.toUpperCase()) : trimmed;
  const isText = stored.length > 0 && stored.length <= MAX_TEXT_LENGTH && stored.isWellFormed();
  if (!isText || (name === 'currency' && !/^[A-Z]{3}$/.test(stored)))
    throw new RangeError(`${name}: ${JSON.stringify(text)} is no valid text`);
  return stored;
}

function compileAmount(role: AmountRole, paths: Paths, isJson: boolean): CompiledAmount {
  const { path, minorUnits, decimalBytes } = role;
  const number = paths.numberOf(path, 'amount');
  const isVariable = decimalBytes === 'variable';
  return {
    form:
      minorUnits !== undefined
        ? 'minor_units'
        : isVariable
          ? 'variable_decimal_bytes'
          : decimalBytes !== undefined
            ? 'decimal_bytes'
            : 'decimal',
    path: number,
    minorUnitDecimals: typeof minorUnits === 'number' ? minorUnits : null,
    scale: typeof decimalBytes === 'number' ? decimalBytes : null,
    takesBase64: isJson,
    scalePath: isVariable ? paths.numberOf(`${path}/scale`, 'amount') : NO_PATH,
    valuePath: isVariable ? paths.numberOf(`${path}/value`, 'amount') : NO_PATH,
  };
}

function compileTime({ path, type, finerThanMs }: TimeRole, paths: Paths, what: string): CompiledTime {
  return {
    path: paths.numberOf(path, what),
    type: path === 'record.timestamp' ? 'epoch_ms' : (type ?? 'epoch_ms'),
    roundDown: finerThanMs === 'round_down',
  };
}

function compileColumn({ name, path, type, timeType }: FurtherColumn, paths: Paths, isJson: boolean): CompiledColumn {
  const time = compileTime({ path, ...(timeType === undefined ? {} : { type: timeType }) }, paths, name);
  if (type === 'json') {
    if (!isJson || (!path.startsWith('/') && path !== '')) throw new RangeError(`${name}: ${path} has no JSON`);
    paths.nodeOf(path, name).wantsSource = true;
  }
  return { path: time.path, type, time };
}

/** Upper bound of the bytes that a record takes in a scratch: its value, what paths find elsewhere, and what is made of them. */
export function roomFor(mapping: CompiledMapping, valueBytes: number, otherBytes: number): number {
  const { pathCount, columns, rewrittenTexts, jsonColumns } = mapping;
  const read = 2 * valueBytes + GAP_BYTES + otherBytes + pathCount * VALUE_ROOM_BYTES;
  const json = Math.min(jsonColumns * valueBytes, MAX_COLUMNS_BYTES + MAX_JSON_COLUMN_BYTES);
  const texts = rewrittenTexts * Math.min(valueBytes + otherBytes + MAX_WHOLE_DIGITS + 1, MAX_ROLE_BYTES);
  return read + texts + json + columns.length * NUMBER_TEXT_BYTES;
}
