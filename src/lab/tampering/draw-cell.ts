/**
 * Another value for a cell: NULL, what another row has, off by one unit, or something else that the column can hold. Every
 * value is one that the column's type allows; whether it is noticed is not looked at.
 */

import { formatDecimal } from '../../payments/event/decimal.ts';
import { nanosFromText } from '../../sinks/bigquery/query/query-values.ts';
import type { Rng } from '../sim/world/rng.ts';
import { type Cell, kindOf, type Row, type TableName } from './columns.ts';

/** Columns of STRING that hold JSON text, where anything can stand. */
const JSON_TEXTS = new Set(['streams', 'fixed_settings', 'settings_history', 'skipped']);
const MICROSECOND_MS = 0.001;

/** What else a column of codes can hold. */
const CODES: Readonly<Record<string, readonly string[]>> = {
  disposition: ['duplicate', 'late', 'rejected', 'accepted'],
  risk_amount: ['LOW', 'MEDIUM', 'HIGH'],
  currency: ['EUR', 'USD', 'GBP'],
  reason: ['not_json', 'field_missing: amount', 'no_value', 'key_not_sender'],
  order_kind: ['RETAIL', 'TRADE'],
};

/** Undefined where the way that was drawn gives the value that is there. */
export function drawCell(
  rng: Rng,
  rows: readonly Row[],
  row: number,
  table: TableName,
  column: string,
): Cell | undefined {
  const old = rows[row]![column]!;
  const drawn = drawValue(rng, rows, old, table, column);
  return drawn === old ? undefined : drawn;
}

function drawValue(rng: Rng, rows: readonly Row[], old: Cell, table: TableName, column: string): Cell {
  const way = rng.pick(['null', 'neighbour', 'neighbour', 'unit', 'unit', 'unit', 'other', 'other'] as const);
  if (way === 'null') return null;
  if (way === 'neighbour') return rng.pick(rows)[column]!;
  const known = CODES[column];
  if (known !== undefined && way === 'other') return rng.pick(known);
  switch (kindOf(table, column)) {
    case 'integer':
      return integer(rng, Number(old ?? 0), way);
    case 'whole':
      return String(integer(rng, Number(old ?? 0), way));
    case 'decimal':
      return decimal(rng, String(old ?? '0'), way);
    case 'time':
      return time(rng, Number(old ?? 0), way);
    case 'truth':
      return old !== true;
    case 'json':
      return json(rng, String(old ?? 'null'), column, way);
    default:
      return text(rng, String(old ?? ''), way);
  }
}

function integer(rng: Rng, old: number, way: 'unit' | 'other'): number {
  if (way === 'unit') return old + rng.pick([-1, 1]);
  return rng.pick([0, -1, old + rng.between(2, 50), old - rng.between(2, 50), rng.between(0, 200), 1e12]);
}

function decimal(rng: Rng, old: string, way: 'unit' | 'other'): string {
  const nanos = nanosFromText(old);
  const steps = way === 'unit' ? [1n, -1n] : [10_000_000n, -10_000_000n, nanos, -nanos, 1_000_000_000n];
  return formatDecimal(nanos + rng.pick(steps));
}

function time(rng: Rng, old: number, way: 'unit' | 'other'): number {
  const steps = way === 'unit' ? [1, -1, MICROSECOND_MS, -MICROSECOND_MS] : [1_000, -60_000, 3_600_000, -86_400_000];
  return old + rng.pick(steps);
}

function text(rng: Rng, old: string, way: 'unit' | 'other'): string {
  if (way === 'other') return rng.pick(['', `${old}x`, ` ${old}`, old.toUpperCase(), old.slice(1), 'something else']);
  return withOneCharacter(rng, old);
}

/** One character is another one of its kind. */
export function withOneCharacter(rng: Rng, old: string): string {
  const places = [...old.matchAll(/[0-9A-Za-z]/g)].map(({ index }) => index);
  if (places.length === 0) return `${old}1`;
  const at = rng.pick(places);
  const there = old[at]!;
  const kind = /[0-9]/.test(there) ? '0123456789' : /[a-f]/.test(there) ? 'abcdef' : 'ghijkXYZ';
  return `${old.slice(0, at)}${rng.pick([...kind].filter((each) => each !== there))}${old.slice(at + 1)}`;
}

function json(rng: Rng, old: string, column: string, way: 'unit' | 'other'): string {
  if (way === 'other' && JSON_TEXTS.has(column) && rng.chance(0.2)) return rng.pick(['', 'null', '{', '[{}]']);
  const value = JSON.parse(old) as unknown;
  return JSON.stringify(changedValue(rng, value, way));
}

/** One leaf of it is another, or one member or element is gone or there twice. */
function changedValue(rng: Rng, value: unknown, way: 'unit' | 'other'): unknown {
  if (Array.isArray(value)) {
    if (value.length === 0) return [0];
    const at = rng.between(0, value.length - 1);
    if (way === 'other' && rng.chance(0.2)) return rng.chance(0.5) ? value.toSpliced(at, 1) : [...value, value[at]];
    return value.with(at, changedValue(rng, value[at], way));
  }
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value);
    if (members.length === 0) return { more: 1 };
    const at = rng.between(0, members.length - 1);
    const [name, inner] = members[at]!;
    if (way === 'other' && rng.chance(0.1)) return Object.fromEntries(members.toSpliced(at, 1));
    return { ...value, [name]: changedValue(rng, inner, way) };
  }
  if (typeof value === 'number') return integer(rng, value, way);
  if (typeof value === 'string') return /^\d+(\.\d+)?$/.test(value) ? decimal(rng, value, way) : text(rng, value, way);
  return 0;
}
