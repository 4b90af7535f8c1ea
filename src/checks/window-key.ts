/** A window's place, as findings name it and rows are matched by it: to the microsecond, since a start that is off is another window. */
export function windowKey(window: { window_start: number; region: string; currency: string }): string {
  const { window_start: startMs, region, currency } = window;
  const wholeMs = Math.floor(startMs);
  const past = startMs === wholeMs ? '' : ` + ${Math.round((startMs - wholeMs) * 1000)} us`;
  return `${new Date(wholeMs).toISOString()}${past} ${region} ${currency}`;
}
