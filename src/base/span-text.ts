/** Durations as text: for people, and as settings take them. Fields of events stay in ms. */

const UNITS: readonly (readonly [name: string, ms: number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
];

/** Two units at most: `450 ms`, `12 s`, `3 min 20 s`, `1 h`, `2 d 4 h`. Rounded to the second unit. */
export function spanText(ms: number): string {
  if (!Number.isFinite(ms)) return 'without end';
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  const [, roundToMs] = finerThan(largestIn(ms));
  // Rounding may reach the next unit: 59.7 s are a minute, not 60 s.
  const rounded = Math.round(ms / roundToMs) * roundToMs;
  const largest = largestIn(rounded);
  const [[name, unitMs], [restName, restMs]] = [UNITS[largest]!, finerThan(largest)];
  const rest = Math.floor((rounded % unitMs) / restMs);
  return `${Math.floor(rounded / unitMs)} ${name}${rest === 0 ? '' : ` ${rest} ${restName}`}`;
}

function largestIn(ms: number): number {
  return UNITS.findIndex(([, unitMs]) => ms >= unitMs);
}

/** The last unit if none is finer. */
function finerThan(unit: number): (typeof UNITS)[number] {
  return UNITS[Math.min(unit + 1, UNITS.length - 1)]!;
}

/** The exact duration, as a setting takes it: `25m`, `1h`, `1500001ms`. */
export function settingText(ms: number): string {
  if (!Number.isFinite(ms)) return 'without a bound';
  const [name, unitMs] = UNITS.find(([, unit]) => ms > 0 && ms % unit === 0) ?? ['ms', 1];
  return `${ms / unitMs}${name === 'min' ? 'm' : name}`;
}
