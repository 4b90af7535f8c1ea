/** A window's place, as findings name it and rows are matched by it: to the microsecond, since a start that is off is another window. */
export function windowName(window: { window_start: number; region: string; currency: string }): string {
  const { window_start: startMs, region, currency } = window;
  const wholeMs = Math.floor(startMs);
  const past = startMs === wholeMs ? '' : ` + ${Math.round((startMs - wholeMs) * 1000)} us`;
  const start = new Date(wholeMs);
  // Where somebody changed the width of windows, it may be no time at all.
  const shown = Number.isNaN(start.valueOf()) ? String(wholeMs) : start.toISOString();
  return `${shown}${past} ${region} ${currency}`;
}
