/**
 * What a sender did lately, kept the plain way: per sender, payments as they came. A sender with many has them by slices of
 * event time: a slice that lies wholly inside the span is counted whole, those at its two ends payment by payment.
 */
import { ownText } from './own-text.ts';

interface Payments {
  readonly times: number[];
  readonly devices: string[];
}

interface Slice extends Payments {
  /** Of a slice with many payments: most have one. */
  deviceSet: Set<string> | undefined;
}

interface Sender extends Payments {
  /** Instead of the two lists above, where there are many. */
  slices: Map<number, Slice> | undefined;
}

/** For a payment that names no device: it is counted, and no device is. */
export const NO_DEVICE = '';
const SLICES_PER_SPAN = 30;
const DEVICES_WITHOUT_SET_MAX = 8;
/** A sender with more payments has them in slices. */
const PAYMENTS_WITHOUT_SLICES_MAX = 32;

export class SenderActivity {
  readonly #spanMs: number;
  readonly #sliceMs: number;
  readonly #senders = new Map<string, Sender>();

  constructor(spanMs: number) {
    this.#spanMs = spanMs;
    this.#sliceMs = Math.max(1, Math.ceil(spanMs / SLICES_PER_SPAN));
  }

  add(name: string, timeMs: number, device: string): void {
    let sender = this.#senders.get(name);
    if (sender === undefined) {
      sender = { times: [], devices: [], slices: undefined };
      this.#senders.set(ownText(name), sender);
    }
    if (sender.slices !== undefined) {
      this.#addToSlice(sender.slices, timeMs, device);
      return;
    }
    sender.times.push(timeMs);
    sender.devices.push(heldOrOwn(device, sender.devices));
    if (sender.times.length > PAYMENTS_WITHOUT_SLICES_MAX) this.#cut(sender);
  }

  #cut(sender: Sender): void {
    const { times, devices } = sender;
    const slices = new Map<number, Slice>();
    for (let index = 0; index < times.length; index += 1) this.#addToSlice(slices, times[index]!, devices[index]!);
    sender.slices = slices;
    times.length = 0;
    devices.length = 0;
  }

  #addToSlice(slices: Map<number, Slice>, timeMs: number, device: string): void {
    const number = Math.floor(timeMs / this.#sliceMs);
    let slice = slices.get(number);
    if (slice === undefined) {
      slice = { times: [], devices: [], deviceSet: undefined };
      slices.set(number, slice);
    }
    slice.times.push(timeMs);
    slice.devices.push(
      slice.devices.length > DEVICES_WITHOUT_SET_MAX ? ownText(device) : heldOrOwn(device, slice.devices),
    );
    if (slice.deviceSet !== undefined) slice.deviceSet.add(device);
    else if (slice.devices.length > DEVICES_WITHOUT_SET_MAX) slice.deviceSet = new Set(slice.devices);
  }

  /** Payments seen so far with event time in (timeMs - span, timeMs], and their distinct devices. */
  within(name: string, timeMs: number): { count: number; devices: number } {
    const sender = this.#senders.get(name);
    if (sender === undefined) return { count: 0, devices: 0 };
    const afterMs = timeMs - this.#spanMs;
    const { slices } = sender;
    if (slices === undefined) {
      const devices = new FewDevices();
      const count = countBetween(sender, afterMs, timeMs, devices);
      return { count, devices: devices.size };
    }
    const first = Math.floor(afterMs / this.#sliceMs);
    const last = Math.floor(timeMs / this.#sliceMs);
    const devices = new Set<string>();
    let count = 0;
    for (let number = first; number <= last; number++) {
      const slice = slices.get(number);
      if (slice) count += this.#countIn(slice, number, afterMs, timeMs, devices);
    }
    return { count, devices: devices.size };
  }

  /** Payments of one slice in (afterMs, timeMs]; their devices are added. */
  #countIn(slice: Slice, number: number, afterMs: number, timeMs: number, devices: Set<string>): number {
    const startMs = number * this.#sliceMs;
    if (startMs <= afterMs || startMs + this.#sliceMs - 1 > timeMs)
      return countBetween(slice, afterMs, timeMs, devices);
    for (const device of slice.deviceSet ?? slice.devices) if (device !== NO_DEVICE) devices.add(device);
    return slice.times.length;
  }

  /** Forgets payments that no payment with event time >= earliestMs can count. */
  forgetBefore(earliestMs: number): void {
    const deadBelowMs = earliestMs - this.#spanMs;
    for (const [name, sender] of this.#senders) {
      const { slices } = sender;
      if (slices === undefined) forgetUpTo(sender, deadBelowMs);
      else for (const number of slices.keys()) if ((number + 1) * this.#sliceMs <= deadBelowMs) slices.delete(number);
      if (sender.times.length === 0 && (slices === undefined || slices.size === 0)) this.#senders.delete(name);
    }
  }
}

/** A sender has few devices: mostly one that is held already. */
function heldOrOwn(device: string, devices: readonly string[]): string {
  const place = devices.indexOf(device);
  return place === -1 ? ownText(device) : devices[place]!;
}

/** How many have an event time in (afterMs, timeMs]; the device of each is added. */
function countBetween(
  { times, devices }: Payments,
  afterMs: number,
  timeMs: number,
  seen: { add(device: string): unknown },
): number {
  let count = 0;
  for (let index = 0; index < times.length; index += 1) {
    const time = times[index]!;
    if (time <= afterMs || time > timeMs) continue;
    count++;
    const device = devices[index]!;
    if (device !== NO_DEVICE) seen.add(device);
  }
  return count;
}

/** Distinct devices of a few payments: quicker made than a Set. */
class FewDevices {
  readonly #devices: string[] = [];

  get size(): number {
    return this.#devices.length;
  }

  add(device: string): void {
    if (!this.#devices.includes(device)) this.#devices.push(device);
  }
}

/** Payments with event time <= deadMs. */
function forgetUpTo({ times, devices }: Payments, deadMs: number): void {
  let kept = 0;
  for (let index = 0; index < times.length; index += 1) {
    if (times[index]! <= deadMs) continue;
    times[kept] = times[index]!;
    devices[kept] = devices[index]!;
    kept++;
  }
  times.length = kept;
  devices.length = kept;
}
