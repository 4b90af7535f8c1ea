/** What is wrong at one place of a rules file, as one line. */

export interface RulesMistake {
  readonly line: number;
  readonly column: number;
  /** Names of members and numbers of elements, joined by points: `event.select.0.path`. Empty: the file as a whole. */
  readonly path: string;
  /** What was expected there and what stands there, without the place. */
  readonly what: string;
  /** `rules.yaml:5:12: event.amount.minor_units: expected currency, or a whole number from 0 to 9; found "cents"`. */
  readonly text: string;
}

const MAX_SHOWN = 60;

export function rulesMistake(
  fileName: string,
  { line, column }: Pick<RulesMistake, 'line' | 'column'>,
  path: string,
  what: string,
): RulesMistake {
  const text = `${fileName}:${line}:${column}: ${path === '' ? '' : `${path}: `}${what}`;
  return { line, column, path, what, text };
}

/** A value of the file, as the end of `found …`. */
export function shownValue(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return 'an object';
  if (typeof value !== 'string') return `${typeof value === 'number' ? 'the number' : ''} ${String(value)}`.trim();
  const text = JSON.stringify(value.length > MAX_SHOWN ? `${value.slice(0, MAX_SHOWN)}…` : value);
  return text;
}
