/** Times in texts: as people say them, and as settings take them. Fields of events stay in ms. */

const UNITS: readonly (readonly [name: string, ms: number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
];

/** Two units at most: `450 ms`, `12 s`, `3 min 20 s`, `1 h`, `2 d 4 h`. What is smaller than the second is left out. */
export function spanText(ms: number): string {
  if (!Number.isFinite(ms)) return 'without end';
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  // Rounded first: 59.7 s are a minute, not 60 s.
  const largest = UNITS.findIndex(([, unitMs]) => Math.round(ms / 1_000) * 1_000 >= unitMs);
  const [name, unitMs] = UNITS[largest]!;
  const next = UNITS[largest + 1];
  if (next === undefined) return `${Math.round(ms / unitMs)} ${name}`;
  const inNext = Math.round(ms / next[1]);
  const perUnit = unitMs / next[1];
  if (inNext === (UNITS[largest - 1]?.[1] ?? Number.POSITIVE_INFINITY) / next[1]) return spanText(inNext * next[1]);
  const rest = inNext % perUnit;
  return rest === 0 ? `${inNext / perUnit} ${name}` : `${Math.floor(inNext / perUnit)} ${name} ${rest} ${next[0]}`;
}

/** Exactly, as a setting takes it: `25m`, `1h`, `1500001ms`. */
export function settingText(ms: number): string {
  if (!Number.isFinite(ms)) return 'without a bound';
  const [name, unitMs] = UNITS.find(([, unit]) => ms > 0 && ms % unit === 0) ?? ['ms', 1];
  return `${ms / unitMs}${name === 'min' ? 'm' : name}`;
}
