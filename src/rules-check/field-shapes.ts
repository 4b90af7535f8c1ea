/** What the members of sampled records look like: one shape for each path to a text, a number or a truth value. Pure. */
import { escaped } from './paths.ts';

export interface Shape {
  readonly path: string;
  /** Names on the way, in small letters without separators. */
  readonly names: readonly string[];
  /** Texts of the values, one for each record that has one; numbers by their text. */
  readonly values: readonly string[];
  readonly isNumber: boolean;
  readonly distinct: number;
}

const DEPTH_MOST = 10;
const SHAPES_MOST = 2_000;

interface Growing {
  readonly names: readonly string[];
  readonly values: string[];
  numbers: number;
}

/** In the order in which paths are met. The first element of a list stands for all of them. */
export function shapesOf(values: readonly unknown[]): Shape[] {
  const found = new Map<string, Growing>();
  for (const value of values) walk('', [], value, found);
  return [...found].map(([path, { names, values: texts, numbers }]) => ({
    path,
    names,
    values: texts,
    isNumber: numbers === texts.length,
    distinct: new Set(texts).size,
  }));
}

function walk(path: string, names: readonly string[], value: unknown, found: Map<string, Growing>): void {
  if (value === null || value === undefined || names.length > DEPTH_MOST) return;
  if (typeof value === 'object') {
    const entries = Array.isArray(value) ? value.slice(0, 1).entries() : Object.entries(value);
    for (const [name, below] of entries) {
      walk(`${path}/${escaped(String(name))}`, [...names, plainName(String(name))], below, found);
    }
    return;
  }
  if (path === '') return;
  let shape = found.get(path);
  if (shape === undefined) {
    if (found.size >= SHAPES_MOST) return;
    shape = { names, values: [], numbers: 0 };
    found.set(path, shape);
  }
  shape.values.push(String(value));
  if (typeof value === 'number') shape.numbers += 1;
}

/** `transactionId`, `transaction_id` and `Transaction-ID` are one name. */
export function plainName(name: string): string {
  return name.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '');
}

const ISO = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/;
const IP = /^(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F]*:[0-9a-fA-F:]+)$/;
const DECIMAL = /^\d{1,29}(?:\.\d+)?$/;

/** A sample may hold records that are wrong: a shape is what this share of the values has. */
const MOST = 0.9;

export function most({ values }: Shape, test: (value: string) => boolean): boolean {
  return values.length > 0 && values.filter(test).length >= MOST * values.length;
}

/** Epoch times by their magnitude, from 2001 to 2096. */
const MAGNITUDES = [
  ['epoch_s', 1e9, 4e9],
  ['epoch_ms', 1e12, 4e12],
  ['epoch_us', 1e15, 4e15],
  ['epoch_ns', 1e18, 4e18],
] as const;

export function timeTypeOf(shape: Shape): 'iso8601' | 'epoch_s' | 'epoch_ms' | 'epoch_us' | 'epoch_ns' | undefined {
  if (most(shape, (value) => ISO.test(value))) return 'iso8601';
  if (!most(shape, (value) => /^\d{10,20}$/.test(value))) return undefined;
  return MAGNITUDES.find(([, from, to]) => most(shape, (value) => Number(value) >= from && Number(value) < to))?.[0];
}

export const isCurrency = (shape: Shape): boolean => most(shape, (value) => /^[A-Za-z]{3}$/.test(value));
export const isAddress = (shape: Shape): boolean => most(shape, (value) => IP.test(value));
export const isDecimal = (shape: Shape): boolean => most(shape, (value) => DECIMAL.test(value));
/** Bytes of Kafka Connect in JSON, where numbers are expected. */
export const isBase64 = (shape: Shape): boolean =>
  most(shape, (value) => value.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(value));
export const isWhole = (shape: Shape): boolean => most(shape, (value) => /^\d+$/.test(value));
/** A text of 1 to 256 letters in one line; blanks around it do not count. */
export const isName = (shape: Shape): boolean => most(shape, (value) => /^\S(?:.{0,254}\S)?$/.test(value.trim()));
