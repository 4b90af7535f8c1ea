/**
 * An immutable map whose changed versions share what did not change: a table at each version of its log has its files in
 * one, and a table has a hundred thousand files. A change costs about the square root of the size.
 */

const LAYER_MIN = 64;

export class LayeredMap<K, V extends NonNullable<unknown>> implements ReadonlyMap<K, V> {
  readonly size: number;
  readonly #base: ReadonlyMap<K, V>;
  /** Over the base; undefined: the key is not there. */
  readonly #layer: ReadonlyMap<K, V | undefined>;

  private constructor(base: ReadonlyMap<K, V>, layer: ReadonlyMap<K, V | undefined>, size: number) {
    this.#base = base;
    this.#layer = layer;
    this.size = size;
  }

  /** The map is not to be changed afterwards. */
  static of<K, V extends NonNullable<unknown>>(entries: ReadonlyMap<K, V> = new Map()): LayeredMap<K, V> {
    return new LayeredMap(entries, new Map(), entries.size);
  }

  /** With these entries set, or taken out where the value is undefined. */
  with(changes: ReadonlyMap<K, V | undefined>): LayeredMap<K, V> {
    if (changes.size === 0) return this;
    let size = this.size;
    for (const [key, value] of changes) size += Number(value !== undefined) - Number(this.has(key));
    const layer = new Map(this.#layer);
    for (const [key, value] of changes) layer.set(key, value);
    if (layer.size <= Math.max(LAYER_MIN, Math.sqrt(2 * size))) return new LayeredMap(this.#base, layer, size);
    const base = new Map(this.#base);
    for (const [key, value] of layer) {
      if (value === undefined) base.delete(key);
      else base.set(key, value);
    }
    return new LayeredMap(base, new Map(), size);
  }

  get(key: K): V | undefined {
    return this.#layer.has(key) ? this.#layer.get(key) : this.#base.get(key);
  }

  has(key: K): boolean {
    return this.get(key) !== undefined;
  }

  forEach(callback: (value: V, key: K, map: ReadonlyMap<K, V>) => void): void {
    for (const [key, value] of this) callback(value, key, this);
  }

  *entries(): MapIterator<[K, V]> {
    for (const entry of this.#base) if (!this.#layer.has(entry[0])) yield entry;
    for (const [key, value] of this.#layer) if (value !== undefined) yield [key, value];
  }

  *keys(): MapIterator<K> {
    for (const [key] of this.entries()) yield key;
  }

  *values(): MapIterator<V> {
    for (const [, value] of this.entries()) yield value;
  }

  [Symbol.iterator](): MapIterator<[K, V]> {
    return this.entries();
  }
}
