/**
 * G6, of what a checkpoint says besides its own rows: which checkpoint it is, and what its owner found of earlier epochs at or
 * past the checkpoint that it resumed from. The rows between that checkpoint and this one are there still, so their epochs are
 * counted again. Checkpoints of releases that wrote neither are not judged.
 */
import type { CheckedTable, CheckpointCells, OwnershipFacts } from '../inputs/verify-inputs.ts';
import { CHECKED_TABLES } from '../partition/walk-partition.ts';
import type { RowsByEpoch } from './rows-by-epoch.ts';

type FoundRows = Readonly<Record<string, Readonly<Partial<Record<CheckedTable, number>>>>>;

export interface Contradiction {
  readonly kind: string;
  readonly expected: string;
  readonly actual: string;
  readonly message: string;
  /** Besides the checkpoint's own. */
  readonly offsets: readonly number[];
}

/** Checkpoints that an owner may have gone on from: the newest that it saw, and one that showed later is rare. */
const REMEMBERED_MAX = 16;

export class FoundRowsCheck {
  readonly #facts: Pick<OwnershipFacts, 'partition' | 'fixed'>;
  readonly #rows: RowsByEpoch;
  #previous: { readonly epoch: number; readonly nextOffset: number; readonly text: string } | undefined;
  /** The rows below the last checkpoints, and below the start, by offset. */
  readonly #below: Map<number, ReadonlyMap<string, number>>;

  constructor(facts: OwnershipFacts, rows: RowsByEpoch) {
    this.#facts = facts;
    this.#rows = rows;
    this.#below = new Map([[facts.startOffset, new Map()]]);
  }

  /** In the order of the walk; `said`: its column stream_offsets. */
  checkpoint(
    { writer_epoch: epoch, next_offset }: CheckpointCells,
    said: Readonly<Record<string, unknown>>,
  ): Contradiction[] {
    const contradictions =
      said.of === undefined && said.found === undefined ? [] : this.#judge(epoch, next_offset, said);
    this.#previous = { epoch, nextOffset: next_offset, text: textOf(said) };
    this.#below.set(next_offset, this.#rows.snapshot());
    if (this.#below.size > REMEMBERED_MAX) this.#below.delete(this.#below.keys().next().value!);
    return contradictions;
  }

  #judge(epoch: number, nextOffset: number, said: Readonly<Record<string, unknown>>): Contradiction[] {
    const wentOnFrom = isObject(said.of) ? said.of.wentOnFrom : undefined;
    const another = anotherCheckpoint(this.#facts, epoch, nextOffset, said);
    if (another !== undefined || typeof wentOnFrom !== 'number') return another === undefined ? [] : [another];
    const previous = this.#previous;
    if (previous?.epoch === epoch) {
      if (previous.text === textOf(said)) return [];
      const message = 'stream_offsets says that its owner found other rows than the checkpoint before it says';
      return [{ ...DIFFERS, expected: previous.text, actual: textOf(said), message, offsets: [previous.nextOffset] }];
    }
    const found = readFound(said.found, wentOnFrom);
    if (found === undefined) {
      const message = 'stream_offsets does not say what its owner found of earlier epochs past where it resumed';
      return [
        {
          ...DIFFERS,
          expected: `from ${wentOnFrom}, rows by epoch and table`,
          actual: textOf(said),
          message,
          offsets: [],
        },
      ];
    }
    // The checkpoint that it resumed from may be pruned; then the rows past it cannot be counted.
    const below = this.#below.get(wentOnFrom);
    return below === undefined ? [] : this.#recount(found, epoch, wentOnFrom, below);
  }

  #recount(found: FoundRows, epoch: number, from: number, below: ReadonlyMap<string, number>): Contradiction[] {
    const contradictions: Contradiction[] = [];
    for (const table of CHECKED_TABLES) {
      const epochs = new Set([...this.#rows.epochs(table), ...Object.keys(found).map(Number)]);
      for (const other of [...epochs].filter((each) => each < epoch)) {
        const there = this.#rows.count(table, other) - (below.get(`${other} ${table}`) ?? 0);
        const counted = found[other]?.[table] ?? 0;
        if (there === counted) continue;
        contradictions.push({
          ...DIFFERS,
          expected: String(there),
          actual: String(counted),
          message: `stream_offsets says that its owner found ${counted} rows of ${table} of epoch ${other} past offset ${from}`,
          offsets: this.#rows.ends(table, other),
        });
      }
    }
    return contradictions;
  }
}

/** What `of` in a checkpoint says, where it is not of this checkpoint. */
export function anotherCheckpoint(
  { partition, fixed }: Pick<OwnershipFacts, 'partition' | 'fixed'>,
  epoch: number,
  nextOffset: number,
  said: Readonly<Record<string, unknown>>,
): Contradiction | undefined {
  const wentOnFrom = isObject(said.of) ? said.of.wentOnFrom : undefined;
  const of = { partition, epoch, nextOffset, wentOnFrom, fixed };
  if (typeof wentOnFrom === 'number' && isSame(said.of, of)) return undefined;
  return {
    kind: 'checkpoint_is_another',
    expected: JSON.stringify(of),
    actual: JSON.stringify(said.of) ?? 'nothing',
    message: 'stream_offsets says that it is another checkpoint than its columns say',
    offsets: [],
  };
}

const DIFFERS = { kind: 'found_rows_differ' };

/** What is the same in every checkpoint of an owner. The order of members does not count: a column of JSON has none. */
function textOf({ of, found }: Readonly<Record<string, unknown>>): string {
  return JSON.stringify([isObject(of) ? of.wentOnFrom : undefined, inOrder(found)]);
}

function inOrder(value: unknown): unknown {
  if (!isObject(value)) return value;
  const names = Object.keys(value).sort();
  return names.map((name) => [name, inOrder(value[name])]);
}

function readFound(value: unknown, from: number): FoundRows | undefined {
  if (!isObject(value) || value.from !== from || !isObject(value.rows) || Object.keys(value).length !== 2)
    return undefined;
  const isRead = Object.entries(value.rows).every(
    ([epoch, counts]) =>
      /^[1-9]\d*$/.test(epoch) &&
      isObject(counts) &&
      Object.entries(counts).every(
        ([table, count]) =>
          CHECKED_TABLES.some((each) => each === table) && Number.isSafeInteger(count) && Number(count) > 0,
      ),
  );
  return isRead ? (value.rows as FoundRows) : undefined;
}

function isSame(value: unknown, expected: Readonly<Record<string, unknown>>): boolean {
  if (!isObject(value)) return false;
  const names = Object.keys(expected);
  return (
    Object.keys(value).length === names.length &&
    names.every((name) => JSON.stringify(inOrder(value[name])) === JSON.stringify(inOrder(expected[name])))
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
