/** A log of one partition that a test feeds record by record, for a real processor on a real sink. */
import type { LogRecord } from '../../../payments/types.ts';
import type { FetchAnswer, LogSource, PartitionReader } from '../../../processor/ports.ts';
import { paymentRecord } from '../../payment-record.ts';

export class FedLog {
  readonly topic: string;
  readonly #records: LogRecord[] = [];
  #more = Promise.withResolvers<void>();

  constructor(topic: string) {
    this.topic = topic;
  }

  get length(): number {
    return this.#records.length;
  }

  /** Payments, and of every fifth a copy too: rows in the exceptions as well. */
  feed(count: number, fromTimeMs: number): void {
    for (let i = 0; i < count; i++) {
      const number = this.#records.length;
      const original = number % 5 === 4 ? number - 1 : number;
      // Ten minutes apart: windows close, and there are partials.
      const eventTimeMs = fromTimeMs + 600_000 * original;
      const { key, value } = paymentRecord({ id: `txn-${original}`, eventTimeMs });
      const toBuffer = (text: unknown): Buffer => Buffer.from(String(text));
      this.#records.push({ offset: number, timestampMs: eventTimeMs, key: toBuffer(key), value: toBuffer(value) });
    }
    this.#more.resolve();
    this.#more = Promise.withResolvers();
  }

  /** A connection to it, as one process has it. */
  source(): LogSource {
    const open = (_partition: number, fromOffset: number): PartitionReader => this.#reader(fromOffset);
    const bounds = async () => ({ startOffset: 0, endOffset: this.#records.length });
    return {
      start: async (listener) => listener.assigned([0]),
      facts: async () => ({
        topic: this.topic,
        partitionCount: 1,
        compacted: false,
        logAppendTime: true,
        timestampAfterMaxMs: 3_600_000,
      }),
      bounds,
      offsetAt: async () => 0,
      open,
      peek: open,
      groupOffsets: async () => ({ offsets: new Map(), members: 0 }),
      commit: async () => {},
      stop: async () => {},
    };
  }

  #reader(fromOffset: number): PartitionReader {
    let at = fromOffset;
    return {
      read: async (signal): Promise<FetchAnswer> => {
        while (at >= this.#records.length) await this.#moreOrAborted(signal);
        const records = this.#records.slice(at);
        const askedFrom = at;
        at = this.#records.length;
        return { askedFrom, completeTo: at, records, byteLength: 1, endOffset: at, session: 1 };
      },
      seek: (offset) => {
        at = offset;
      },
      close: () => {},
    };
  }

  #moreOrAborted(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      void this.#more.promise.then(resolve);
      if (signal.aborted) reject(signal.reason);
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
  }
}
