/** One thing for each window, by its start, region and currency, without a text made of the three for each question. */
export class ByWindow<T> {
  readonly #starts = new Map<number, Map<string, Map<string, T>>>();

  get(startMs: number, region: string, currency: string): T | undefined {
    return this.#starts.get(startMs)?.get(region)?.get(currency);
  }

  set(startMs: number, region: string, currency: string, thing: T): void {
    let regions = this.#starts.get(startMs);
    if (regions === undefined) {
      regions = new Map();
      this.#starts.set(startMs, regions);
    }
    let currencies = regions.get(region);
    if (currencies === undefined) {
      currencies = new Map();
      regions.set(region, currencies);
    }
    currencies.set(currency, thing);
  }

  /** Removes the entry and returns it. */
  take(startMs: number, region: string, currency: string): T | undefined {
    const regions = this.#starts.get(startMs);
    const currencies = regions?.get(region);
    const thing = currencies?.get(currency);
    if (regions === undefined || currencies === undefined || thing === undefined) return undefined;
    currencies.delete(currency);
    if (currencies.size === 0) regions.delete(region);
    if (regions.size === 0) this.#starts.delete(startMs);
    return thing;
  }

  /** Removes the entries of one start and returns them, in no particular order. */
  takeStart(startMs: number): T[] {
    const regions = this.#starts.get(startMs);
    this.#starts.delete(startMs);
    return [...(regions?.values() ?? [])].flatMap((currencies) => [...currencies.values()]);
  }

  starts(): Iterable<number> {
    return this.#starts.keys();
  }

  *all(): Generator<T> {
    for (const regions of this.#starts.values()) for (const currencies of regions.values()) yield* currencies.values();
  }
}
