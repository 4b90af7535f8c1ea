/** What a need checks by: each demand throws Broken with what was seen instead. */

/** The need does not hold; the message says what was seen instead. */
export class Broken extends Error {}

export function demand(holds: boolean, otherwise: () => string): asserts holds {
  if (!holds) throw new Broken(otherwise());
}

export function demandEqual(actual: unknown, expected: unknown, what: string): void {
  const [seen, wanted] = [show(actual), show(expected)];
  demand(seen === wanted, () => `${what}: expected ${wanted}, saw ${seen}`);
}

const SHOWN_MAX = 300;

export function show(value: unknown): string {
  const text =
    JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? `${each}n` : (each as unknown))) ?? 'nothing';
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}...` : text;
}
