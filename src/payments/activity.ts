/**
 * Recent activity of senders: for an accepted payment, how many of the sender's accepted payments in log order so far, and
 * from how many devices, have event times in (t - span, t]. Most senders have a handful of live payments, which are simply
 * looked through; a busy one gets a timeline that answers in logarithmic time.
 *
 * Entries are held by event-time minute for eviction and for the digest. Invariant: the counts for t depend on the set of
 * entries with event times in (t - span, t] alone, and entries that eviction has dropped are in no such set for a t at or
 * past the watermark; so folding, a local store and a rebuild give the same counts.
 */
import { type ActivityEntry, EntryMixer, LaneSum } from './digest.ts';
import type { ActivityCounts } from './fraud.ts';
import { floorTo, MINUTE_MS } from './liveness.ts';
import { SenderTimeline } from './sender-timeline.ts';

/** Live payments of one sender that are looked through one by one; past it the sender gets a timeline. */
export const TIMELINE_FROM_ENTRIES = 48;

interface Sender {
  /** Live entries while there are few; empty once there is a timeline. */
  entries: ActivityEntry[];
  timeline: SenderTimeline | undefined;
  live: number;
  /** Up to where this sender was cleaned. */
  liveFromMs: number;
}

interface MinuteOfActivity {
  readonly lanes: LaneSum;
  readonly entries: ActivityEntry[];
}

export class SenderActivity {
  readonly #spanMs: number;
  readonly #senders = new Map<string, Sender>();
  readonly #minutes = new Map<number, MinuteOfActivity>();
  readonly #mixer = new EntryMixer();
  /** Sum over all live entries. Live: read it, do not keep it. */
  readonly lanes = new LaneSum();
  #liveFromMs = Number.NEGATIVE_INFINITY;
  #size = 0;

  constructor(spanMs: number) {
    this.#spanMs = spanMs;
  }

  get size(): number {
    return this.#size;
  }

  get senderCount(): number {
    return this.#senders.size;
  }

  /** Remembers a payment and counts what can be seen from it. */
  record(entry: ActivityEntry): ActivityCounts {
    const sender = this.#add(entry);
    if (sender === undefined) return { payments: 0, devices: 0 };
    const timeMs = entry.eventTimeMs;
    if (sender.timeline === undefined) return countEntries(sender.entries, timeMs - this.#spanMs, timeMs);
    return { payments: sender.timeline.paymentsAt(timeMs), devices: sender.timeline.devicesAt(timeMs) };
  }

  /** Remembers a payment that was counted before, in any order; without effect where it is dead. */
  restore(entry: ActivityEntry): void {
    this.#add(entry);
  }

  /** Drops what has an event time below `liveFromMs`, a whole minute that never goes back. */
  evictBelow(liveFromMs: number): void {
    if (liveFromMs <= this.#liveFromMs) return;
    this.#liveFromMs = liveFromMs;
    for (const [minuteMs, minute] of this.#minutes) {
      if (minuteMs >= liveFromMs) continue;
      this.#minutes.delete(minuteMs);
      this.lanes.subtract(minute.lanes);
      this.#size -= minute.entries.length;
      for (const entry of minute.entries) this.#release(entry.senderAccountId);
    }
  }

  *entries(): Iterable<ActivityEntry> {
    for (const minute of this.#minutes.values()) yield* minute.entries;
  }

  #add(entry: ActivityEntry): Sender | undefined {
    const minuteMs = floorTo(entry.eventTimeMs, MINUTE_MS);
    if (minuteMs < this.#liveFromMs) return undefined;
    let minute = this.#minutes.get(minuteMs);
    if (minute === undefined) {
      minute = { lanes: new LaneSum(), entries: [] };
      this.#minutes.set(minuteMs, minute);
    }
    minute.entries.push(entry);
    this.#size += 1;
    const lanes = this.#mixer.ofActivity(entry);
    minute.lanes.add(lanes);
    this.lanes.add(lanes);
    return this.#addToSender(entry);
  }

  #addToSender(entry: ActivityEntry): Sender {
    let sender = this.#senders.get(entry.senderAccountId);
    if (sender === undefined) {
      sender = { entries: [], timeline: undefined, live: 0, liveFromMs: this.#liveFromMs };
      this.#senders.set(entry.senderAccountId, sender);
    }
    sender.live += 1;
    if (sender.timeline !== undefined) {
      sender.timeline.add(entry.eventTimeMs, entry.deviceId);
      return sender;
    }
    sender.entries.push(entry);
    if (sender.entries.length > TIMELINE_FROM_ENTRIES) {
      sender.timeline = new SenderTimeline(this.#spanMs);
      for (const held of sender.entries) sender.timeline.add(held.eventTimeMs, held.deviceId);
      sender.entries = [];
    }
    return sender;
  }

  /** One entry of the sender was dropped: cleans the sender once per eviction, forgets it with its last entry. */
  #release(senderAccountId: string): void {
    const sender = this.#senders.get(senderAccountId);
    if (sender === undefined) return;
    sender.live -= 1;
    if (sender.live === 0) {
      this.#senders.delete(senderAccountId);
      return;
    }
    if (sender.liveFromMs === this.#liveFromMs) return;
    sender.liveFromMs = this.#liveFromMs;
    if (sender.timeline !== undefined) sender.timeline.evictBelow(this.#liveFromMs);
    else sender.entries = sender.entries.filter((entry) => entry.eventTimeMs >= this.#liveFromMs);
  }
}

/** Looks through a short list for event times in (afterMs, upToMs]. */
function countEntries(entries: readonly ActivityEntry[], afterMs: number, upToMs: number): ActivityCounts {
  let payments = 0;
  let devices = 0;
  for (let index = 0; index < entries.length; index += 1) {
    const entry = entries[index] as ActivityEntry;
    if (entry.eventTimeMs <= afterMs || entry.eventTimeMs > upToMs) continue;
    payments += 1;
    if (!seenBefore(entries, index, entry.deviceId, afterMs, upToMs)) devices += 1;
  }
  return { payments, devices };
}

function seenBefore(
  entries: readonly ActivityEntry[],
  before: number,
  deviceId: string,
  afterMs: number,
  upToMs: number,
): boolean {
  for (let index = 0; index < before; index += 1) {
    const entry = entries[index] as ActivityEntry;
    if (entry.deviceId === deviceId && entry.eventTimeMs > afterMs && entry.eventTimeMs <= upToMs) return true;
  }
  return false;
}
