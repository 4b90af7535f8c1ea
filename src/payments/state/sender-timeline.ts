/**
 * Activity of one busy sender: how many payments, and from how many devices, have event times in (t - span, t], for any t
 * and whatever the order in which they came, in logarithmic time.
 *
 * The argument for devices: a payment at e is seen from every t in [e, e + span). So a device is seen from the union of
 * such intervals over its payments, and the answer at t is the number of devices whose union holds t. A new payment adds to
 * its device's union at most one gap-free piece, since every interval has the same length and so nothing lies inside it.
 * Pieces are counted by their starts and ends, minute by minute, with what reaches into a minute from before as its base.
 */
import { floorTo, MINUTE_MS } from './liveness.ts';
import { RankSet } from './rank-set.ts';

class Minute {
  /** Event times of payments. */
  readonly payments = new RankSet();
  /** Devices seen at the very start of the minute by pieces that began before it. */
  devicesAtStart = 0;
  readonly pieceStarts = new RankSet();
  readonly pieceEnds = new RankSet();
}

/** Devices held before dead ones are looked for. */
const DEVICES_KEPT = 64;

export class SenderTimeline {
  readonly #spanMs: number;
  readonly #minutes = new Map<number, Minute>();
  /** Per device its union as disjoint intervals, ascending and flat: start, end, start, end. */
  readonly #devices = new Map<string, number[]>();
  #sweepDevicesAt = DEVICES_KEPT;
  #liveFromMs = Number.NEGATIVE_INFINITY;

  constructor(spanMs: number) {
    this.#spanMs = spanMs;
  }

  /** Devices held: those seen, and at most as many again that are not any more. */
  get deviceCount(): number {
    return this.#devices.size;
  }

  add(eventTimeMs: number, deviceId: string): void {
    const minuteMs = floorTo(eventTimeMs, MINUTE_MS);
    this.#minuteAt(minuteMs).payments.add(eventTimeMs - minuteMs);
    let union = this.#devices.get(deviceId);
    if (union === undefined) {
      union = [];
      this.#devices.set(deviceId, union);
      if (this.#devices.size > this.#sweepDevicesAt) this.#sweepDevices(deviceId);
    }
    this.#extend(union, eventTimeMs, eventTimeMs + this.#spanMs);
  }

  /** Payments with an event time in (t - span, t]. */
  paymentsAt(timeMs: number): number {
    return this.#paymentsBetween(timeMs - this.#spanMs, timeMs);
  }

  /** Distinct devices among them. */
  devicesAt(timeMs: number): number {
    const minuteMs = floorTo(timeMs, MINUTE_MS);
    const minute = this.#minutes.get(minuteMs);
    if (minute === undefined) return 0;
    const atMs = timeMs - minuteMs;
    return minute.devicesAtStart + minute.pieceStarts.rank(atMs) - minute.pieceEnds.rank(atMs);
  }

  /** Forgets minutes below `liveFromMs`, a whole minute. Answers stay right for t >= liveFromMs + span. */
  evictBelow(liveFromMs: number): void {
    this.#liveFromMs = liveFromMs;
    for (const minuteMs of this.#minutes.keys()) if (minuteMs < liveFromMs) this.#minutes.delete(minuteMs);
  }

  #paymentsBetween(afterMs: number, upToMs: number): number {
    const firstMs = floorTo(afterMs, MINUTE_MS);
    const lastMs = floorTo(upToMs, MINUTE_MS);
    let count = this.#minutes.get(lastMs)?.payments.rank(upToMs - lastMs) ?? 0;
    for (let minuteMs = firstMs; minuteMs < lastMs; minuteMs += MINUTE_MS) {
      count += this.#minutes.get(minuteMs)?.payments.size ?? 0;
    }
    return count - (this.#minutes.get(firstMs)?.payments.rank(afterMs - firstMs) ?? 0);
  }

  /** Adds [startMs, endMs) to a device's union and counts the piece that is new. */
  #extend(union: number[], startMs: number, endMs: number): void {
    let dead = 0;
    while (dead < union.length && (union[dead + 1] as number) <= this.#liveFromMs) dead += 2;
    if (dead > 0) union.splice(0, dead);
    const next = firstStartingAfter(union, startMs);
    const previousEndMs = next > 0 ? (union[next - 1] as number) : Number.NEGATIVE_INFINITY;
    const nextStartMs = next < union.length ? (union[next] as number) : Number.POSITIVE_INFINITY;
    const fromMs = Math.max(startMs, previousEndMs);
    const toMs = Math.min(endMs, nextStartMs);
    if (fromMs >= toMs) return;
    this.#countPiece(fromMs, toMs);
    const joinsPrevious = fromMs === previousEndMs;
    const joinsNext = toMs === nextStartMs;
    if (joinsPrevious && joinsNext) union.splice(next - 1, 2);
    else if (joinsPrevious) union[next - 1] = toMs;
    else if (joinsNext) union[next] = fromMs;
    else union.splice(next, 0, fromMs, toMs);
  }

  #countPiece(fromMs: number, toMs: number): void {
    const firstMs = floorTo(fromMs, MINUTE_MS);
    this.#minuteAt(firstMs).pieceStarts.add(fromMs - firstMs);
    const lastMs = floorTo(toMs, MINUTE_MS);
    for (let minuteMs = firstMs + MINUTE_MS; minuteMs <= lastMs; minuteMs += MINUTE_MS) {
      this.#minuteAt(minuteMs).devicesAtStart += 1;
    }
    this.#minuteAt(lastMs).pieceEnds.add(toMs - lastMs);
  }

  #minuteAt(minuteMs: number): Minute {
    let minute = this.#minutes.get(minuteMs);
    if (minute === undefined) {
      minute = new Minute();
      this.#minutes.set(minuteMs, minute);
    }
    return minute;
  }

  /** Forgets devices that no later payment can see; next when there are twice as many, so that it is rarely done. */
  #sweepDevices(keptDeviceId: string): void {
    for (const [deviceId, union] of this.#devices) {
      const endMs = union[union.length - 1];
      if ((endMs === undefined || endMs <= this.#liveFromMs) && deviceId !== keptDeviceId)
        this.#devices.delete(deviceId);
    }
    this.#sweepDevicesAt = Math.max(DEVICES_KEPT, 2 * this.#devices.size);
  }
}

/** Index in a flat list of intervals of the first one that starts after `timeMs`; its length where none does. */
function firstStartingAfter(union: readonly number[], timeMs: number): number {
  let low = 0;
  let high = union.length / 2;
  if (high === 0 || (union[union.length - 2] as number) <= timeMs) return union.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((union[2 * middle] as number) <= timeMs) low = middle + 1;
    else high = middle;
  }
  return 2 * low;
}
