/**
 * Recent activity of senders. For an accepted payment with event time t it counts the sender's payments accepted so
 * far, in log order, with event times in (t - span, t], and the devices that they came from. A payment without a device
 * (an empty text) counts as a payment only.
 *
 * Entries are rows by event-time minute (payment-rows.ts), for eviction and for the digest. The entries of one sender
 * form a chain by event time, the latest first, so that a count reads only a few. A busy sender, whose counts would
 * read many, gets a timeline that answers in logarithmic time. Senders and devices are numbers of a text pool.
 *
 * Invariants:
 * - The counts for t depend only on the set of entries with event times in (t - span, t]. For a t at or past the
 *   watermark no such set contains an evicted entry. So folding, local state and a rebuild give the same counts.
 * - The pool counts one use of a sender's text per live entry, and eviction drops the earliest entries. So the first n
 *   entries of a chain are the live ones, where n is the number of uses. Nothing reads beyond them.
 */

import { type HashList, MOST_AHEAD, ROWS_AHEAD } from '../../base/memory/prefetch.ts';
import type { IndexKey } from '../../base/memory/slot-hash.ts';
import { NO_REFERENCE } from '../../base/memory/slot-table.ts';
import { TextKey } from '../../base/memory/text-key.ts';
import { TextPool } from '../../base/memory/text-pool.ts';
import type { ActivityCounts } from '../fraud.ts';
import { type ActivityEntry, EntryMixer, LaneSum } from './digest.ts';
import { floorTo, MINUTE_MS } from './liveness.ts';
import {
  DEVICE,
  type MinuteOfRows,
  NEXT,
  NO_DEVICE,
  NO_SENDER,
  type PaymentRows,
  ROW_WORDS,
  SENDER,
} from './payment-rows.ts';
import { SenderTimeline } from './sender-timeline.ts';
import { type EntryBlock, StoredActivity } from './stored-entries.ts';

/** Maximum number of chain entries that one payment reads. Past it the sender gets a timeline. */
export const TIMELINE_FROM_ENTRIES = 48;

/** Stands in a sender's note in place of the reference to its latest entry. */
const HAS_TIMELINE = -1;
/** Entries of each sender's chain that are read ahead. The usual payment reads two or three. */
const TOUCHED_STEPS = 2;

export class SenderActivity {
  readonly #spanMs: number;
  readonly #rows: PaymentRows;
  /** A sender's note is the reference to its latest entry, or HAS_TIMELINE. */
  readonly #senders: TextPool;
  readonly #devices: TextPool;
  readonly #timelines = new Map<number, SenderTimeline>();
  /** Scratch of #count: the distinct devices that it has found so far. The rest of the array is stale. */
  readonly #seenDevices = new Int32Array(TIMELINE_FROM_ENTRIES + 1);
  readonly #touchedNotes = new Int32Array(MOST_AHEAD);
  readonly #mixer = new EntryMixer();
  readonly #senderKey = new TextKey();
  readonly #deviceKey = new TextKey();
  /** Digest sum over all live entries. A live object: later entries change it. */
  readonly lanes = new LaneSum();
  #liveFromMs = Number.NEGATIVE_INFINITY;
  #size = 0;
  #looks = 0;
  #touched = 0;

  constructor(spanMs: number, rows: PaymentRows, indexKey: IndexKey) {
    this.#spanMs = spanMs;
    this.#rows = rows;
    this.#senders = new TextPool(indexKey);
    this.#devices = new TextPool(indexKey);
  }

  get size(): number {
    return this.#size;
  }

  get senderCount(): number {
    return this.#senders.size;
  }

  /** Number of chain entries read so far: the measure of work. */
  get looks(): number {
    return this.#looks;
  }

  /** Bytes of tables and texts, without rows and timelines. */
  get approximateBytes(): number {
    return this.#senders.approximateBytes + this.#devices.approximateBytes;
  }

  /** Remembers a payment and counts its sender's recent activity. `idRow` is the row of its id, if it has one. */
  record(
    sender: TextKey,
    device: TextKey,
    offset: number,
    eventTimeMs: number,
    hashHigh: number,
    hashLow: number,
    idRow = NO_REFERENCE,
  ): ActivityCounts {
    const number = this.add(sender, device, offset, eventTimeMs, hashHigh, hashLow, idRow);
    if (number === undefined) return { payments: 0, devices: 0 };
    if (this.#senders.noteOf(number) !== HAS_TIMELINE) {
      return this.#count(number, eventTimeMs - this.#spanMs, eventTimeMs);
    }
    const timeline = this.#timelines.get(number) as SenderTimeline;
    return { payments: timeline.paymentsAt(eventTimeMs), devices: timeline.devicesAt(eventTimeMs) };
  }

  /** Reads the memory that `record` will need for these senders and devices: see touch.ts. */
  touch(senders: HashList, devices: HashList): number {
    const [notes, rows] = [this.#touchedNotes, this.#rows];
    let touched = this.#senders.touchSlots(senders) ^ this.#devices.touchSlots(devices);
    this.#devices.touchRows(devices, notes);
    this.#senders.touchRows(senders, notes);
    for (let step = 0; step < TOUCHED_STEPS; step += 1) {
      for (let index = 0; index < senders.count; index += 1) notes[index] = rows.touch(notes[index] as number, NEXT);
    }
    for (let index = 0; index < senders.count; index += 1) touched ^= notes[index] as number;
    return touched;
  }

  /** Remembers a payment that was counted before. Order does not matter. A dead entry has no effect. */
  restore(entry: ActivityEntry): void {
    const { offset, eventTimeMs, hashHigh, hashLow } = entry;
    const sender = this.#senderKey.setText(entry.senderAccountId);
    this.add(sender, this.#deviceKey.setText(entry.deviceId), offset, eventTimeMs, hashHigh, hashLow);
  }

  /** Restores stored entries, in any order. Dead ones have no effect. Yields the number of entries of each step. */
  *restoreAll(entries: Iterable<ActivityEntry>): Generator<number> {
    if (entries instanceof StoredActivity) {
      const [sender, device] = [new TextKey(), new TextKey()];
      for (const block of entries.blocks) {
        this.#restoreBlock(block, sender, device);
        yield block.count;
      }
      return;
    }
    for (const entry of entries) {
      this.restore(entry);
      yield 1;
    }
  }

  #restoreBlock(block: EntryBlock, sender: TextKey, device: TextKey): void {
    const { count, minuteMs, offsets, hashHighs, hashLows, millis, lengths } = block;
    sender.pointAt(block.bytes, block.view);
    device.pointAt(block.bytes, block.view);
    let at = block.textAt;
    for (let row = 0; row < count; row += 1) {
      const senderEnd = at + lengths[row]!;
      const end = senderEnd + lengths[count + row]!;
      sender.setRange(at, senderEnd);
      device.setRange(senderEnd, end);
      this.add(sender, device, offsets[row]!, minuteMs + millis[row]!, hashHighs[row]!, hashLows[row]!);
      at = end;
    }
  }

  /** Drops entries with an event time below `liveFromMs`, a whole minute. A lower one than before has no effect. */
  evictBelow(liveFromMs: number): void {
    if (liveFromMs <= this.#liveFromMs) return;
    this.#liveFromMs = liveFromMs;
    this.#rows.dropBelow('activity', liveFromMs, (minute) => this.#evict(minute));
    for (const timeline of this.#timelines.values()) timeline.evictBelow(liveFromMs);
  }

  *entries(): Generator<ActivityEntry> {
    for (const [chunk, word] of this.#rows.rowsWith('activity')) {
      const sender = chunk.words[word + SENDER] as number;
      if (sender === NO_SENDER) continue;
      yield {
        offset: chunk.offsetAt(word),
        eventTimeMs: chunk.eventTimeMsAt(word),
        hashHigh: chunk.hashHighAt(word),
        hashLow: chunk.hashLowAt(word),
        senderAccountId: this.#senders.textOf(sender),
        deviceId: this.#deviceOf(chunk.words[word + DEVICE] as number),
      };
    }
  }

  /** Remembers a payment without counting, in any order. Returns the sender's number, or undefined if it is dead. */
  add(
    sender: TextKey,
    device: TextKey,
    offset: number,
    eventTimeMs: number,
    hashHigh: number,
    hashLow: number,
    idRow = NO_REFERENCE,
  ): number | undefined {
    if (floorTo(eventTimeMs, MINUTE_MS) < this.#liveFromMs) return undefined;
    const rows = this.#rows;
    const minute = rows.minuteOf(eventTimeMs);
    const reference = idRow === NO_REFERENCE ? this.#rowOf(minute, offset, eventTimeMs, hashHigh, hashLow) : idRow;
    const { words } = rows.chunkOf(reference);
    const word = rows.wordOf(reference);
    const senderNumber = this.#senders.use(sender);
    words[word + SENDER] = senderNumber;
    words[word + DEVICE] = device.byteLength === 0 ? NO_DEVICE : this.#devices.use(device);
    this.#size += 1;
    const lanes = this.#mixer.ofActivity(offset, eventTimeMs, hashHigh, hashLow, sender, device);
    minute.activity.rows += 1;
    minute.activity.lanes.add(lanes);
    this.lanes.add(lanes);
    if (this.#senders.noteOf(senderNumber) !== HAS_TIMELINE) this.#chain(senderNumber, reference, eventTimeMs);
    else this.#timelines.get(senderNumber)?.add(eventTimeMs, device.toText());
    return senderNumber;
  }

  /** The row of the payment's id if it is found, otherwise a new row. */
  #rowOf(minute: MinuteOfRows, offset: number, eventTimeMs: number, hashHigh: number, hashLow: number): number {
    const rows = this.#rows;
    const taken = rows.take(minute, offset, eventTimeMs, hashHigh, hashLow);
    if (taken !== NO_REFERENCE) return taken;
    const added = rows.add(minute, offset, 0);
    rows.chunkOf(added).set(rows.wordOf(added), offset, eventTimeMs, hashHigh, hashLow);
    return added;
  }

  /** Inserts an entry into its sender's chain by event time. The pool already counts its use; the chain lacks it. */
  #chain(sender: number, reference: number, eventTimeMs: number): void {
    const rows = this.#rows;
    const held = this.#senders.usesOf(sender) - 1;
    let previous: number | undefined;
    let next = this.#senders.noteOf(sender);
    let looked = 0;
    for (; looked < held && this.#timeOf(next) > eventTimeMs; looked += 1) {
      previous = next;
      next = rows.chunkOf(next).words[rows.wordOf(next) + NEXT] as number;
    }
    this.#looks += looked;
    if (held > 0) rows.chunkOf(reference).words[rows.wordOf(reference) + NEXT] = next;
    if (previous === undefined) this.#senders.setNote(sender, reference);
    else rows.chunkOf(previous).words[rows.wordOf(previous) + NEXT] = reference;
    if (looked > TIMELINE_FROM_ENTRIES) this.#startTimeline(sender);
  }

  /** Counts the payments of a chain with event times in (afterMs, upToMs], and their devices. */
  #count(sender: number, afterMs: number, upToMs: number): ActivityCounts {
    const rows = this.#rows;
    const live = this.#senders.usesOf(sender);
    const seen = this.#seenDevices;
    let payments = 0;
    let devices = 0;
    let reference = this.#senders.noteOf(sender);
    for (let looked = 0; looked < live; looked += 1) {
      const timeMs = this.#timeOf(reference);
      if (timeMs <= afterMs) break;
      if (looked >= TIMELINE_FROM_ENTRIES) {
        const timeline = this.#startTimeline(sender);
        return { payments: timeline.paymentsAt(upToMs), devices: timeline.devicesAt(upToMs) };
      }
      this.#looks += 1;
      const { words } = rows.chunkOf(reference);
      const word = rows.wordOf(reference);
      if (timeMs <= upToMs) {
        const device = words[word + DEVICE] as number;
        payments += 1;
        if (device !== NO_DEVICE && !isAmong(device, seen, devices)) {
          seen[devices] = device;
          devices += 1;
        }
      }
      reference = words[word + NEXT] as number;
    }
    return { payments, devices };
  }

  #startTimeline(sender: number): SenderTimeline {
    const timeline = new SenderTimeline(this.#spanMs);
    let reference = this.#senders.noteOf(sender);
    for (let left = this.#senders.usesOf(sender); left > 0; left -= 1) {
      const { words } = this.#rows.chunkOf(reference);
      const word = this.#rows.wordOf(reference);
      timeline.add(this.#timeOf(reference), this.#deviceOf(words[word + DEVICE] as number));
      reference = words[word + NEXT] as number;
      this.#looks += 1;
    }
    this.#timelines.set(sender, timeline);
    this.#senders.setNote(sender, HAS_TIMELINE);
    return timeline;
  }

  #evict({ activity, chunks }: MinuteOfRows): void {
    this.lanes.subtract(activity.lanes);
    for (const { words, count } of chunks) {
      for (let row = 0; row < count; row += 1) {
        if (row % ROWS_AHEAD === 0) this.#touched ^= this.#touchRows(words, row, Math.min(count, row + ROWS_AHEAD));
        const word = row * ROW_WORDS;
        const sender = words[word + SENDER] as number;
        if (sender === NO_SENDER) continue;
        this.#size -= 1;
        const device = words[word + DEVICE] as number;
        if (device !== NO_DEVICE) this.#devices.release(device);
        if (this.#senders.release(sender)) this.#timelines.delete(sender);
      }
    }
  }

  /** Reads the senders and devices of the next rows to evict, all at once: see touch.ts. */
  #touchRows(words: Int32Array, from: number, to: number): number {
    let touched = 0;
    for (let row = from; row < to; row += 1) {
      touched ^= this.#senders.touch(words[row * ROW_WORDS + SENDER] as number);
      touched ^= this.#devices.touch(words[row * ROW_WORDS + DEVICE] as number);
    }
    return touched;
  }

  #deviceOf(device: number): string {
    return device === NO_DEVICE ? '' : this.#devices.textOf(device);
  }

  #timeOf(reference: number): number {
    return this.#rows.chunkOf(reference).eventTimeMsAt(this.#rows.wordOf(reference));
  }
}

function isAmong(device: number, seen: Int32Array, count: number): boolean {
  for (let index = 0; index < count; index += 1) if (seen[index] === device) return true;
  return false;
}
