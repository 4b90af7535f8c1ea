/** One thing that the protocol needs of a sink's service, and how it is found out. */
import type { Bench } from './bench.ts';

/**
 * `documented`: BigQuery's documentation says so. `observed`: vendors' integration tests show it. `inferred`: neither; it
 * follows from other statements, and is the first thing to try on a real project.
 */
export type Basis = 'documented' | 'observed' | 'inferred';

/** `differs`: not as documented, in a way that the processor is made for. */
export type Result = { readonly state: 'holds' | 'differs' | 'fails'; readonly detail: string };

export interface Need<B = Bench> {
  /** kebab-case. */
  readonly name: string;
  /** A statement that holds or does not. */
  readonly statement: string;
  readonly basis: Basis;
  /** Throws Broken where it does not hold. */
  readonly check: (bench: B) => Promise<Result | string>;
}

export function differs(detail: string): Result {
  return { state: 'differs', detail };
}
