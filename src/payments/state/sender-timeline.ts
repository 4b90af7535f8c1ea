/**
 * Activity of one busy sender. For any t it counts the payments with event times in (t - span, t], and their devices,
 * in logarithmic time. The counts do not depend on the order in which payments came.
 *
 * How devices are counted: a payment at e counts for every t in [e, e + span). So a device counts for every t in the
 * union of these intervals over its payments, and the answer for t is the number of devices whose union contains t. A
 * new payment adds at most one gap-free piece to its device's union: all intervals have the same length, so none lies
 * strictly inside the new one. Each minute counts the starts and ends of pieces in it, on top of the pieces that began
 * before it.
 */
import { floorTo, MINUTE_MS } from './liveness.ts';
import { RankSet } from './rank-set.ts';

class Minute {
  /** Event times of payments. */
  readonly payments = new RankSet();
  /** Pieces that began before the minute and end at its start or later. */
  devicesAtStart = 0;
  readonly pieceStarts = new RankSet();
  readonly pieceEnds = new RankSet();
}

/** Minimum number of devices to hold before dead ones are removed. */
const DEVICES_KEPT = 64;

export class SenderTimeline {
  readonly #spanMs: number;
  readonly #minutes = new Map<number, Minute>();
  /** The union of each device: disjoint intervals, ascending, as a flat list of start, end, start, end. */
  readonly #devices = new Map<string, number[]>();
  #sweepDevicesAt = DEVICES_KEPT;
  #liveFromMs = Number.NEGATIVE_INFINITY;

  constructor(spanMs: number) {
    this.#spanMs = spanMs;
  }

  /** Devices held, dead ones included: at most DEVICES_KEPT or twice the live ones of the last sweep. */
  get deviceCount(): number {
    return this.#devices.size;
  }

  /** `deviceId`: empty where the payment has none. */
  add(eventTimeMs: number, deviceId: string): void {
    const minuteMs = floorTo(eventTimeMs, MINUTE_MS);
    this.#minuteAt(minuteMs).payments.add(eventTimeMs - minuteMs);
    if (deviceId === '') return;
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

  /** Distinct devices of the payments with an event time in (t - span, t]. */
  devicesAt(timeMs: number): number {
    const minuteMs = floorTo(timeMs, MINUTE_MS);
    const minute = this.#minutes.get(minuteMs);
    if (minute === undefined) return 0;
    const atMs = timeMs - minuteMs;
    return minute.devicesAtStart + minute.pieceStarts.rank(atMs) - minute.pieceEnds.rank(atMs);
  }

  /** Drops minutes below `liveFromMs`, a whole minute. Counts stay right for t >= liveFromMs + span. */
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

  /** Adds [startMs, endMs) to a device's union and counts the new piece. */
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

  /** Drops devices that no later payment can see. The next sweep waits until twice as many are held. */
  #sweepDevices(keptDeviceId: string): void {
    for (const [deviceId, union] of this.#devices) {
      const endMs = union[union.length - 1];
      if ((endMs === undefined || endMs <= this.#liveFromMs) && deviceId !== keptDeviceId)
        this.#devices.delete(deviceId);
    }
    this.#sweepDevicesAt = Math.max(DEVICES_KEPT, 2 * this.#devices.size);
  }
}

/** Index in a flat list of intervals of the first one that starts after `timeMs`, or the list's length. */
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
