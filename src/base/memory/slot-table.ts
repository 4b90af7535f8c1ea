/**
 * An open-addressing index: 32-bit hashes to references that the owner gives meaning to. Linear probing, with removal
 * that closes its gap: entries may come and go for ever without a clean-up. Only the owner can tell whether a reference
 * with the right hash is the right one.
 *
 *   for (let slot = table.first(hash); ; slot = table.next(slot, hash)) {
 *     const reference = table.at(slot);
 *     if (reference === NO_REFERENCE) break; // not there
 *     if (same(reference)) return reference;
 *   }
 */

export const NO_REFERENCE = -1;

const LEAST_SLOTS = 16;
/** A table fuller than this share of its slots is doubled; one emptier than an eighth of that is halved. */
const GREATEST_LOAD = 0.8;

export class SlotTable {
  /** By slot: hash and reference side by side, because they are read together. */
  #slots = emptySlots(LEAST_SLOTS);
  #mask = LEAST_SLOTS - 1;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get byteLength(): number {
    return this.#slots.byteLength;
  }

  /** The first slot that may hold a reference with this hash: one that does, or an empty one. */
  first(hash: number): number {
    return this.#seek(hash & this.#mask, hash);
  }

  next(slot: number, hash: number): number {
    return this.#seek((slot + 1) & this.#mask, hash);
  }

  /** Reads the slot where a look-up of the hash begins, and uses it for nothing (prefetch.ts). */
  touch(hash: number): number {
    return this.#slots[2 * (hash & this.#mask) + 1] as number;
  }

  /** The reference in a slot that first() or next() returned; NO_REFERENCE: there are no more. */
  at(slot: number): number {
    return this.#slots[2 * slot + 1] as number;
  }

  /** Puts another reference into a slot that holds one of the same hash. */
  replace(slot: number, reference: number): void {
    this.#slots[2 * slot + 1] = reference;
  }

  /** Adds without a look-up. `reference` is a whole number from 0 to 2^31 - 1. */
  add(hash: number, reference: number): void {
    this.#size += 1;
    if (this.#size > (this.#mask + 1) * GREATEST_LOAD) this.#resize(2 * (this.#mask + 1));
    this.#place(hash, reference);
  }

  /** Removes the reference; without effect if it is absent. */
  remove(hash: number, reference: number): void {
    let slot = this.first(hash);
    while (this.at(slot) !== reference) {
      if (this.at(slot) === NO_REFERENCE) return;
      slot = this.next(slot, hash);
    }
    this.#size -= 1;
    this.#close(slot);
    const slots = this.#mask + 1;
    if (slots > LEAST_SLOTS && this.#size < (slots * GREATEST_LOAD) / 8) this.#resize(slots / 2);
  }

  /** Slots that the longest look-up walks over: for tests, since it visits every entry. */
  get longestWalk(): number {
    const slots = this.#slots;
    let longest = 0;
    for (let slot = 0; slot <= this.#mask; slot += 1) {
      if (slots[2 * slot + 1] === NO_REFERENCE) continue;
      longest = Math.max(longest, ((slot - (slots[2 * slot] as number)) & this.#mask) + 1);
    }
    return longest;
  }

  #seek(from: number, hash: number): number {
    const slots = this.#slots;
    let slot = from;
    while (slots[2 * slot + 1] !== NO_REFERENCE && slots[2 * slot] !== hash) slot = (slot + 1) & this.#mask;
    return slot;
  }

  #place(hash: number, reference: number): void {
    const slots = this.#slots;
    let slot = hash & this.#mask;
    while (slots[2 * slot + 1] !== NO_REFERENCE) slot = (slot + 1) & this.#mask;
    slots[2 * slot] = hash;
    slots[2 * slot + 1] = reference;
  }

  /** Moves back the entries behind an emptied slot that could not be found across it. */
  #close(emptied: number): void {
    const slots = this.#slots;
    const mask = this.#mask;
    let gap = emptied;
    for (let slot = (gap + 1) & mask; slots[2 * slot + 1] !== NO_REFERENCE; slot = (slot + 1) & mask) {
      const home = (slots[2 * slot] as number) & mask;
      if (((slot - home) & mask) < ((slot - gap) & mask)) continue;
      slots[2 * gap] = slots[2 * slot] as number;
      slots[2 * gap + 1] = slots[2 * slot + 1] as number;
      gap = slot;
    }
    slots[2 * gap + 1] = NO_REFERENCE;
  }

  #resize(count: number): void {
    const old = this.#slots;
    this.#slots = emptySlots(count);
    this.#mask = count - 1;
    for (let at = 0; at < old.length; at += 2) {
      const reference = old[at + 1] as number;
      if (reference !== NO_REFERENCE) this.#place(old[at] as number, reference);
    }
  }
}

function emptySlots(count: number): Int32Array {
  return new Int32Array(2 * count).fill(NO_REFERENCE);
}
