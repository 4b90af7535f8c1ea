/**
 * Columns: how the page carries a hundred thousand rows in a few bytes each. A column is plain JSON that deflates well:
 * whole numbers as differences, words by their place in a list, ids as a prefix and a number. What fits none of these is
 * kept as it is. Runs in Node, where pages are made, and in the page.
 *
 * Invariant: `unpackColumn(packColumn(values))` equals `values`, in order, nulls included.
 */
export type Cell = unknown;

export type Column =
  /** One value, `count` times. */
  | { readonly kind: 'same'; readonly value: Cell; readonly count: number }
  /** Whole numbers, each less the one before; 0 where `nulls` has the row. */
  | { readonly kind: 'int'; readonly steps: readonly number[]; readonly nulls: readonly number[] }
  /** Each value's place in `words`. */
  | { readonly kind: 'word'; readonly words: readonly Cell[]; readonly places: readonly number[] }
  /** A prefix and a number of fixed width behind it: `txn-7-000000012`. */
  | {
      readonly kind: 'numbered';
      readonly heads: readonly (readonly [prefix: string, width: number])[];
      readonly places: readonly number[];
      readonly steps: readonly number[];
    }
  | { readonly kind: 'plain'; readonly values: readonly Cell[] };

/** More different words than this share of the rows, and a list of words saves nothing. */
const WORDS_SHARE_MAX = 0.5;
const HEADS_MAX = 64;
const INT_MAX = 2 ** 51;
/** Safe as a number with room to spare. */
const NUMBERED = /^(.*?)(\d{1,15})$/s;

export function packColumn(values: readonly Cell[]): Column {
  const [first] = values;
  if (isScalar(first) && values.every((value) => value === first)) {
    return { kind: 'same', value: first ?? null, count: values.length };
  }
  return packInts(values) ?? packNumbered(values) ?? packWords(values) ?? { kind: 'plain', values };
}

export function unpackColumn(column: Column): Cell[] {
  switch (column.kind) {
    case 'same':
      return new Array<Cell>(column.count).fill(column.value);
    case 'int': {
      const values: Cell[] = summedUp(column.steps);
      for (const row of summedUp(column.nulls)) values[row] = null;
      return values;
    }
    case 'word':
      return column.places.map((place) => column.words[place]);
    case 'numbered':
      return summedUp(column.steps).map((number, row) => {
        const [prefix, width] = column.heads[column.places[row]!]!;
        return prefix + String(number).padStart(width, '0');
      });
    case 'plain':
      return [...column.values];
  }
}

function isScalar(value: Cell): boolean {
  return value === null || value === undefined || typeof value !== 'object';
}

/** The difference of two is exact, and so is the sum of differences. */
function isSmallInt(value: Cell): value is number {
  return Number.isSafeInteger(value) && Math.abs(value as number) <= INT_MAX && !Object.is(value, -0);
}

function packInts(values: readonly Cell[]): Column | undefined {
  const numbers: number[] = [];
  const nulls: number[] = [];
  for (const [row, value] of values.entries()) {
    if (value === null || value === undefined) {
      nulls.push(row);
      numbers.push(numbers.at(-1) ?? 0);
    } else if (isSmallInt(value)) numbers.push(value);
    else return undefined;
  }
  return { kind: 'int', steps: stepsOf(numbers), nulls: stepsOf(nulls) };
}

function packNumbered(values: readonly Cell[]): Column | undefined {
  const heads = new Map<string, { place: number; head: readonly [string, number] }>();
  const places: number[] = [];
  const numbers: number[] = [];
  for (const value of values) {
    const match = typeof value === 'string' ? NUMBERED.exec(value) : null;
    if (match === null) return undefined;
    const [, prefix, digits] = match as unknown as [string, string, string];
    const key = `${digits.length} ${prefix}`;
    const known = heads.get(key) ?? { place: heads.size, head: [prefix, digits.length] as const };
    if (!heads.has(key)) heads.set(key, known);
    if (heads.size > HEADS_MAX) return undefined;
    places.push(known.place);
    numbers.push(Number(digits));
  }
  return { kind: 'numbered', heads: [...heads.values()].map(({ head }) => head), places, steps: stepsOf(numbers) };
}

function packWords(values: readonly Cell[]): Column | undefined {
  const places = new Map<Cell, number>();
  const list: number[] = [];
  for (const value of values) {
    if (value !== null && typeof value === 'object') return undefined;
    const word = value ?? null;
    const place = places.get(word) ?? places.size;
    places.set(word, place);
    if (places.size > Math.max(8, values.length * WORDS_SHARE_MAX)) return undefined;
    list.push(place);
  }
  return { kind: 'word', words: [...places.keys()], places: list };
}

function stepsOf(numbers: readonly number[]): number[] {
  return numbers.map((number, row) => (row === 0 ? number : number - numbers[row - 1]!));
}

function summedUp(steps: readonly number[]): number[] {
  let sum = 0;
  return steps.map((step) => {
    sum += step;
    return sum;
  });
}
