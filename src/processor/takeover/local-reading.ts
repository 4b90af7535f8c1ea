/**
 * Reads a partition's local state while the takeover waits for the sink. It begins before the claim, with the ownership
 * row as it was when the process started: a claim changes nothing that the state depends on. If anybody else changed
 * the row (added partitions, for example), the state is read again.
 */

import { drawIndexKey } from '../../base/memory/slot-hash.ts';
import type { Runtime } from '../../base/runtime.ts';
import type { Semaphore } from '../../base/semaphore.ts';
import type { SchemaBook } from '../../payments/event/schema/event-schema.ts';
import { type FoldPlace, PartitionFold } from '../../payments/fold.ts';
import type { StoredState } from '../../payments/types.ts';
import { generationOf, partitionsOf } from '../generation.ts';
import type { Ownership, StateStore } from '../ports.ts';

/** What the local store held, as a fold. Nothing is verified yet. */
export interface LocalFold {
  readonly stored: StoredState;
  readonly fold: PartitionFold;
}

export interface LocalReadingOptions {
  readonly state: StateStore;
  readonly runtime: Runtime;
  readonly schemas?: SchemaBook | undefined;
  /** One partition at a time. So the first one runs early, and memory holds one file. */
  readonly restores: Semaphore;
}

export class LocalReading {
  readonly #options: LocalReadingOptions;
  readonly #expected: Ownership | undefined;
  readonly #reading: Promise<LocalFold | undefined> | undefined;

  /** Begins to read at once if the expected row is known. */
  constructor(expected: Ownership | undefined, options: LocalReadingOptions) {
    this.#options = options;
    this.#expected = expected;
    this.#reading = expected === undefined ? undefined : this.#read(expected);
  }

  /** What is stored, as a fold under that row. */
  of(ownership: Ownership): Promise<LocalFold | undefined> {
    const { partition } = ownership;
    const isExpected = this.#expected?.partition === partition && placeText(this.#expected) === placeText(ownership);
    return (isExpected ? this.#reading : undefined) ?? this.#read(ownership);
  }

  #read(ownership: Ownership): Promise<LocalFold | undefined> {
    const reading = this.#options.restores.run(() => readLocal(ownership, this.#options));
    reading.catch(() => {}); // restoreFold awaits it, unless the takeover ends or the row changed
    return reading;
  }
}

/** Yields to other partitions while it reads. */
async function readLocal(
  ownership: Ownership,
  { state, runtime, schemas }: LocalReadingOptions,
): Promise<LocalFold | undefined> {
  const stored = await state.load(ownership.partition);
  if (stored === undefined) return undefined;
  const restoring = PartitionFold.restoring({ ...foldPlaceOf(ownership, { runtime, schemas }), stored });
  for (;;) {
    const step = restoring.next();
    if (step.done) return { stored, fold: step.value };
    await runtime.sleep(0);
  }
}

/** What a fold gets from its process. */
export interface FoldParts {
  readonly runtime: Pick<Runtime, 'random'>;
  readonly schemas?: SchemaBook | undefined;
}

/** All of a row that a fold depends on, the schemas of its records, and an index key of its own. */
export function foldPlaceOf(ownership: Ownership, { runtime, schemas }: FoldParts): FoldPlace {
  return { ...placeOf(ownership), schemas, indexKey: drawIndexKey(runtime.random) };
}

function placeOf(ownership: Ownership): FoldPlace {
  const { partition, fixed } = ownership;
  const generation = generationOf(ownership);
  const floor = generation === undefined ? {} : { floorMs: generation.floorMs };
  return { partition, partitionCount: partitionsOf(ownership), fixed, ...floor };
}

function placeText(ownership: Ownership): string {
  return JSON.stringify(placeOf(ownership));
}
