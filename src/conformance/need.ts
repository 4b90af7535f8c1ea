/** One thing that the protocol needs of BigQuery, and how it is found out. */
import type { Bench } from './bench.ts';

/**
 * `documented`: BigQuery's documentation says so. `observed`: vendors' integration tests show it. `inferred`: neither; it
 * follows from what is said, and is the first thing to try on a real project.
 */
export type Basis = 'documented' | 'observed' | 'inferred';

/** `differs`: not as documented, in a way that the processor is made for. */
export type Result = { readonly state: 'holds' | 'differs' | 'fails'; readonly detail: string };

export interface Need {
  /** kebab-case. */
  readonly name: string;
  /** A statement that holds or does not. */
  readonly statement: string;
  readonly basis: Basis;
  /** Throws Broken where it does not hold. */
  readonly check: (bench: Bench) => Promise<Result | string>;
}

/** The need does not hold; the message says what was seen instead. */
export class Broken extends Error {}

export function demand(holds: boolean, otherwise: () => string): asserts holds {
  if (!holds) throw new Broken(otherwise());
}

export function demandEqual(actual: unknown, expected: unknown, what: string): void {
  const [seen, wanted] = [show(actual), show(expected)];
  demand(seen === wanted, () => `${what}: expected ${wanted}, saw ${seen}`);
}

export function differs(detail: string): Result {
  return { state: 'differs', detail };
}

const SHOWN_MAX = 300;

export function show(value: unknown): string {
  const text =
    JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? `${each}n` : (each as unknown))) ?? 'nothing';
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}...` : text;
}
