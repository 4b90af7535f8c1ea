/**
 * What a sender did lately, kept the plain way: per sender, payments by slices of event time. A slice that lies wholly
 * inside the span is counted whole, the slices at its two ends payment by payment.
 */
interface Slice {
  readonly times: number[];
  readonly devices: string[];
  /** Of a slice with many payments: most have one. */
  deviceSet: Set<string> | undefined;
}

const SLICES_PER_SPAN = 30;
const DEVICES_WITHOUT_SET_MAX = 8;

export class SenderActivity {
  readonly #spanMs: number;
  readonly #sliceMs: number;
  readonly #senders = new Map<string, Map<number, Slice>>();

  constructor(spanMs: number) {
    this.#spanMs = spanMs;
    this.#sliceMs = Math.max(1, Math.ceil(spanMs / SLICES_PER_SPAN));
  }

  add(sender: string, timeMs: number, device: string): void {
    const slices = this.#senders.get(sender) ?? new Map<number, Slice>();
    this.#senders.set(sender, slices);
    const number = Math.floor(timeMs / this.#sliceMs);
    const slice = slices.get(number) ?? { times: [], devices: [], deviceSet: undefined };
    slices.set(number, slice);
    slice.times.push(timeMs);
    slice.devices.push(device);
    if (slice.deviceSet !== undefined) slice.deviceSet.add(device);
    else if (slice.devices.length > DEVICES_WITHOUT_SET_MAX) slice.deviceSet = new Set(slice.devices);
  }

  /** Payments seen so far with event time in (timeMs - span, timeMs], and their distinct devices. */
  within(sender: string, timeMs: number): { count: number; devices: number } {
    const slices = this.#senders.get(sender);
    if (!slices) return { count: 0, devices: 0 };
    const afterMs = timeMs - this.#spanMs;
    const first = Math.floor(afterMs / this.#sliceMs);
    const last = Math.floor(timeMs / this.#sliceMs);
    const devices = new Set<string>();
    let count = 0;
    // A sender has few slices, most of them outside of the span while nothing is forgotten; or many, most of them inside.
    if (slices.size <= last - first) {
      for (const [number, slice] of slices)
        if (number >= first && number <= last) count += this.#countIn(slice, number, afterMs, timeMs, devices);
    } else {
      for (let number = first; number <= last; number++) {
        const slice = slices.get(number);
        if (slice) count += this.#countIn(slice, number, afterMs, timeMs, devices);
      }
    }
    return { count, devices: devices.size };
  }

  /** Payments of one slice in (afterMs, timeMs]; their devices are added. */
  #countIn(slice: Slice, number: number, afterMs: number, timeMs: number, devices: Set<string>): number {
    const startMs = number * this.#sliceMs;
    if (startMs > afterMs && startMs + this.#sliceMs - 1 <= timeMs) {
      for (const device of slice.deviceSet ?? slice.devices) devices.add(device);
      return slice.times.length;
    }
    let count = 0;
    for (let index = 0; index < slice.times.length; index += 1) {
      const time = slice.times[index]!;
      if (time <= afterMs || time > timeMs) continue;
      count++;
      devices.add(slice.devices[index]!);
    }
    return count;
  }

  /** Forgets what no payment with event time >= earliestMs can count any more. */
  forgetBefore(earliestMs: number): void {
    const deadBelowMs = earliestMs - this.#spanMs;
    for (const [sender, slices] of this.#senders) {
      for (const number of slices.keys()) if ((number + 1) * this.#sliceMs <= deadBelowMs) slices.delete(number);
      if (slices.size === 0) this.#senders.delete(sender);
    }
  }
}
